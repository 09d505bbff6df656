using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Events;

/// <summary>
/// Says whether an event is what was signed. Pure: the same arguments give the same answer, and nothing is kept.
/// Callable from any thread. A kind that throws makes the event one that is not valid; nothing else is thrown.
/// </summary>
public static class EventVerifier
{
    /// <summary>Everything but signatures: the data's validity and the id, recomputed. What passes goes on to
    /// <see cref="CheckSignature"/>, also in a batch and on another thread.</summary>
    /// <param name="event">The event.</param>
    /// <param name="kind">The kind of its service.</param>
    public static EventCheck CheckContent(Event @event, IEventKind kind)
    {
        ArgumentNullException.ThrowIfNull(@event);
        ArgumentNullException.ThrowIfNull(kind);
        using var content = ContentBuffer.For(kind, @event.Emitter);
        EventReading reading;
        try
        {
            reading = kind.Read(@event.Data.Span, content);
        }
        catch (Exception e)
        {
            return Failed(@event, e);
        }
        if (!reading.IsValid) return new EventCheck(EventVerdict.NotValid, reading.Problem, reading);
        var written = content.Written;
        if (EventIds.IdOf(@event.Timestamp, @event.Service, written) != @event.Id)
            return new EventCheck(EventVerdict.WrongId, "the id is not that of the content", reading);
        Span<byte> hash = stackalloc byte[EventIds.HashBytes];
        EventIds.HashToSign(@event.Id, @event.Timestamp, @event.Service, @event.Emitter, written, hash);
        var attestation = kind is IVouchedKind ? EventIds.IdOf(0, @event.Service, written).Value : 0;
        return new EventCheck(reading, hash, attestation);
    }

    /// <summary>Whether the key's owner signed it.</summary>
    /// <param name="event">The event.</param>
    /// <param name="checked">What <see cref="CheckContent"/> found valid.</param>
    /// <param name="emitterKey">The emitter's key; null where it is not known.</param>
    public static EventCheck CheckSignature(Event @event, EventCheck @checked, PeerId? emitterKey)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (!@event.IsSigned) return @checked.With(EventVerdict.Unsigned, "it has no emitter or no signature");
        if (emitterKey is not { } key)
            return @checked.With(EventVerdict.UnknownKey, $"the key of its emitter '{@event.Emitter}' is not known");
        Span<byte> hash = stackalloc byte[EventIds.HashBytes];
        @checked.CopyHashTo(hash);
        return Ed25519.Verify(key, hash, @event.Signature.Span)
            ? @checked
            : @checked.With(EventVerdict.WrongSignature, $"the signature is not that of '{@event.Emitter}'");
    }

    /// <summary>Everything. An event that voters vouch for needs no signature of its own; where it names an emitter,
    /// that one must have signed it all the same, or anybody could put a name to it.</summary>
    /// <param name="event">The event.</param>
    /// <param name="kind">The kind of its service.</param>
    /// <param name="emitterKey">The emitter's key; null where it is not known.</param>
    /// <param name="keyOfVoter">The key of a voter, as its kind names voters; null where it is not known.</param>
    public static EventCheck Check(
        Event @event, IEventKind kind, PeerId? emitterKey, Func<string, PeerId?> keyOfVoter)
    {
        var content = CheckContent(@event, kind);
        return content.IsValid ? CheckSigners(@event, content, kind, emitterKey, keyOfVoter) : content;
    }

    /// <summary>Who signed it: the emitter or, where its kind has them, voters.</summary>
    /// <param name="event">The event.</param>
    /// <param name="content">What <see cref="CheckContent"/> found valid.</param>
    /// <param name="kind">The kind of its service.</param>
    /// <param name="emitterKey">The emitter's key; null where it is not known.</param>
    /// <param name="keyOfVoter">The key of a voter, as its kind names voters; null where it is not known.</param>
    public static EventCheck CheckSigners(
        Event @event, EventCheck content, IEventKind kind, PeerId? emitterKey, Func<string, PeerId?> keyOfVoter)
    {
        ArgumentNullException.ThrowIfNull(@event);
        ArgumentNullException.ThrowIfNull(keyOfVoter);
        if (kind is not IVouchedKind vouched) return CheckSignature(@event, content, emitterKey);
        var votes = VoteCounter.Check(@event, content, vouched, keyOfVoter);
        var signed = @event.Emitter.Length > 0 || !@event.Signature.IsEmpty;
        return votes.IsValid && signed ? CheckSignature(@event, content, emitterKey) : votes;
    }

    /// <summary>The key that an event announces for its own emitter; null where its kind announces none, or where the
    /// name is not the emitter's. An event whose signature holds under it says who holds that key, and no more: whether
    /// the name is theirs is for who asks to decide.</summary>
    /// <param name="event">One whose content was found valid.</param>
    /// <param name="kind">The kind of its service.</param>
    public static AnnouncedKey? OwnKey(Event @event, IEventKind kind)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (kind is not IKeyedKind keyed) return null;
        try
        {
            return keyed.ReadKey(@event.Data.Span) is { } key && key.Name == @event.Emitter ? key : null;
        }
        catch (Exception)
        {
            return null; // a fault of the plugin: no key can be had from it, and the event waits for one
        }
    }

    internal static EventCheck Failed(Event @event, Exception e) =>
        new(EventVerdict.NotValid, $"the event kind '{@event.Service}' failed: {FaultText.Of(e)}");
}
