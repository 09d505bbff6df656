namespace PluginNode.Events;

/// <summary>How much would be missed if it were forgotten. When a ledger is full, the least important go first, and
/// among equals the oldest. Critical ones go last, but are bounded too.</summary>
public enum EventImportance
{
    /// <summary>Of the moment, and soon measured again: a ping.</summary>
    Fleeting = 0,

    /// <summary>A hint that others give as well: somebody was seen.</summary>
    Low,

    /// <summary>What people and applications tell. The default.</summary>
    Normal,

    /// <summary>What says who is there, and with which key.</summary>
    High,

    /// <summary>History that nobody could tell again: checkpoints, first sights, restarts.</summary>
    Critical,
}

/// <summary>What a kind read from an event's data. A default value is one of data that is not valid.</summary>
public readonly record struct EventReading
{
    private readonly string? _problem, _actor, _target;

    private EventReading(bool isValid, string? problem, string actor, string target, EventImportance importance) =>
        (IsValid, _problem, _actor, _target, Importance) = (isValid, problem, actor, target, importance);

    /// <summary>Whether the data is valid.</summary>
    public bool IsValid { get; }

    /// <summary>Why the data is not valid, one line; null where it is valid.</summary>
    public string? Problem => IsValid ? null : _problem ?? "nothing was read";

    /// <summary>Who did it, by name; empty where nobody did. It may be outside of what is signed.</summary>
    public string Actor => _actor ?? "";

    /// <summary>Whom it is about, by name; empty where it is about nobody. It may be outside of what is
    /// signed.</summary>
    public string Target => _target ?? "";

    /// <summary>How much it matters.</summary>
    public EventImportance Importance { get; }

    /// <summary>The reading of valid data.</summary>
    public static EventReading Valid(string actor, string target, EventImportance importance) =>
        new(isValid: true, null, actor, target, importance);

    /// <summary>The reading of data that is not valid.</summary>
    /// <param name="problem">Why, one line that names the member.</param>
    public static EventReading Invalid(string problem) =>
        new(isValid: false, problem, "", "", EventImportance.Fleeting);
}
