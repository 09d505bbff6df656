namespace PluginNode.Events;

/// <summary>What came of looking at one event, by reason, so that it can be counted.</summary>
public enum EventVerdict
{
    /// <summary>It is what its emitter, or the required number of voters, signed.</summary>
    Valid = 0,

    /// <summary>It is no event: not JSON, or a member is missing, doubled, or of another type.</summary>
    Malformed,

    /// <summary>It, or a part of it, is larger than an event may be.</summary>
    TooLarge,

    /// <summary>Its kind says that the data is not valid.</summary>
    NotValid,

    /// <summary>Its id is not that of its content.</summary>
    WrongId,

    /// <summary>Nobody is named as its emitter, or there is no signature: hearsay.</summary>
    Unsigned,

    /// <summary>The signature is not one of the emitter's key over this event.</summary>
    WrongSignature,

    /// <summary>Too few voters vouch for it, whatever keys may become known.</summary>
    NotVouched,

    /// <summary>The key of its emitter, or of voters who could decide, is not known: it may still turn out
    /// valid.</summary>
    UnknownKey,

    /// <summary>It is further ahead of the clock than five minutes.</summary>
    AheadOfTime,

    /// <summary>It announces a key for a name that another key is known for.</summary>
    OtherKey,
}
