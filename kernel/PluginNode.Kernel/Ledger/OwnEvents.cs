using PluginNode.Events;
using PluginNode.Storage;

namespace PluginNode.Ledger;

/// <summary>Records events of this node itself. Callable from any thread.</summary>
public sealed class OwnEvents
{
    private readonly EventKinds _kinds;
    private readonly EventMaker _maker;
    private readonly LedgerLoop _loop;
    private readonly LedgerKeys _keys;

    internal OwnEvents(EventKinds kinds, EventMaker maker, LedgerLoop loop, LedgerKeys keys) =>
        (_kinds, _maker, _loop, _keys) = (kinds, maker, loop, keys);

    /// <summary>Makes, signs and merges an event that happens now; it is on stable storage when this returns.</summary>
    /// <param name="service">Its service.</param>
    /// <param name="data">One JSON value in UTF-8; copied.</param>
    /// <exception cref="StoreException">The store failed: there is no such event. A retry makes another one, with
    /// another time.</exception>
    public async Task<RecordedEvent> RecordAsync(string service, ReadOnlyMemory<byte> data)
    {
        var made = _maker.Make(service, data.Span);
        if (made.Event is not { } @event) return new RecordedEvent(null, made.Verdict, made.Reason);
        var kind = _kinds.Of(service);
        var check = EventVerifier.CheckContent(@event, kind);
        if (!check.IsValid) return new RecordedEvent(null, check.Verdict, check.Reason);
        // A member id of its own is told with its key, as others tell theirs.
        if (EventVerifier.OwnKey(@event, kind) is { } announced) _keys.Learn(announced);
        var change = await _loop.MergeAsync([LedgerEntry.Of(@event, check.Reading, check.Attestation, kind)]);
        return change.Merged == 1
            ? new RecordedEvent(@event, EventVerdict.Valid, null)
            : new RecordedEvent(null, EventVerdict.NotValid, "the ledger is full of more important events");
    }
}
