using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Events;

/// <summary>Makes this node's own events. Callable from any thread.</summary>
/// <param name="identity">Signs them.</param>
/// <param name="emitter">The name that they are told under, at most 256 bytes of UTF-8; not empty.</param>
/// <param name="kinds">What their data means.</param>
/// <param name="time">When they happen.</param>
public sealed class EventMaker(NodeIdentity identity, string emitter, EventKinds kinds, TimeProvider time)
{
    private const int NanosecondsPerTick = 100;
    private const long Millisecond = 1_000_000;

    private readonly Lock _lock = new();
    private long _last;

    /// <summary>Makes, names and signs an event that happens now.</summary>
    /// <param name="service">Its service.</param>
    /// <param name="data">Its data; copied.</param>
    /// <returns>The event, or why there is none: the data is too large or not valid, or this node alone can't make
    /// events of that service.</returns>
    public EventDecoding Make(string service, ReadOnlySpan<byte> data)
    {
        if (!Event.IsService(service))
            return EventDecoding.Refused(EventVerdict.Malformed, $"'{service}' is no service");
        if (data.Length is 0 or > Event.MaxDataBytes)
            return EventDecoding.Refused(EventVerdict.TooLarge, $"the data has 1 to {Event.MaxDataBytes} bytes");
        var kind = kinds.Of(service);
        if (kind is IVouchedKind)
            return EventDecoding.Refused(EventVerdict.NotVouched, $"events of '{service}' are made by voters together");
        if (CanonicalJson.Problem(data) is { } problem) // of a kind the contract promises well-formed JSON
            return EventDecoding.Refused(EventVerdict.Malformed, $"data: {problem}");
        if (CanonicalJson.IsNull(data)) // on the wires null is no member at all: no other node would take it
            return EventDecoding.Refused(EventVerdict.Malformed, "data: null stands for no data");

        using var content = ContentBuffer.For(kind, emitter);
        var timestamp = Now();
        EventReading reading;
        try
        {
            reading = kind.Read(data, content);
        }
        catch (Exception e)
        {
            reading = EventReading.Invalid($"the event kind '{service}' failed: {FaultText.Of(e)}");
        }
        if (!reading.IsValid) return EventDecoding.Refused(EventVerdict.NotValid, reading.Problem!);
        var made = Sign(timestamp, service, content.Written, data);
        if (kind is IKeyedKind && EventVerifier.OwnKey(made, kind)?.Key != identity.Self)
            return EventDecoding.Refused(
                EventVerdict.NotValid, $"events of '{service}' announce this node's own name and key");
        return new EventDecoding(made, EventVerdict.Valid, null);
    }

    private Event Sign(long timestamp, string service, ReadOnlySpan<byte> content, ReadOnlySpan<byte> data)
    {
        var id = EventIds.IdOf(timestamp, service, content);
        Span<byte> hash = stackalloc byte[EventIds.HashBytes];
        EventIds.HashToSign(id, timestamp, service, emitter, content, hash);
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        identity.SignEventHash(hash, signature);
        return new Event(id, timestamp, service, emitter, "", signature, data);
    }

    // The clock's steps are coarser than a nanosecond: equal facts that follow at once are still two. A clock that was
    // set back by more than that is followed, else all events would be ahead of their time.
    private long Now()
    {
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;
        lock (_lock) return _last = now <= _last && _last - now < Millisecond ? _last + 1 : now;
    }
}
