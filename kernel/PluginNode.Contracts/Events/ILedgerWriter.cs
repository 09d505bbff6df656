namespace PluginNode.Events;

/// <summary>What came of recording an event.</summary>
/// <param name="Event">The event; null where there is none.</param>
/// <param name="Verdict">Why not; <see cref="EventVerdict.Valid"/> where there is one.</param>
/// <param name="Problem">Why not, one line; null where there is one.</param>
public sealed record RecordedEvent(Event? Event, EventVerdict Verdict, string? Problem);

/// <summary>
/// Extra service beside <see cref="ILedger"/>: the way into the ledger for plugins, outside of the runs of a sync
/// strategy. What is handed in is verified as everything else is; what is recorded is signed by the kernel, and of a
/// form that only events have. There from the start of the transports until after their stop; callable from any
/// thread.
/// </summary>
public interface ILedgerWriter
{
    /// <summary>Makes, signs and merges an event of this node that happens now; it is on stable storage when this
    /// returns.</summary>
    /// <param name="service">Its service.</param>
    /// <param name="data">One JSON value in UTF-8; copied.</param>
    /// <returns>The event, or why there is none: the data is not valid, its kind needs voters or announces another key
    /// than this node's, or the node is read-only.</returns>
    /// <exception cref="Storage.StoreException">The store failed, or the node stops: there is no such event. A retry
    /// makes another one, with another time.</exception>
    /// <exception cref="ObjectDisposedException">The node has stopped.</exception>
    Task<RecordedEvent> RecordAsync(string service, ReadOnlyMemory<byte> data);

    /// <summary>Verifies events that somebody told unasked, and merges those that hold. Nothing that stands in them
    /// throws; who is not trusted to flood the ledger is the caller's to bound.</summary>
    /// <param name="from">Where they come from, as it is to be counted, e.g. a topic; never a name that whoever told
    /// them has chosen.</param>
    /// <param name="events">At most <see cref="LedgerQuery.MostEvents"/>, each one JSON object, as
    /// <see cref="IEventWriter"/> writes it; the caller's again once the call has returned its task.</param>
    /// <param name="cancellation">Gives up where nothing was begun to be merged.</param>
    /// <exception cref="ArgumentException">There are more.</exception>
    /// <exception cref="Storage.StoreException">The store failed, or the node stops: nothing was merged. A retry is
    /// safe.</exception>
    /// <exception cref="ObjectDisposedException">The node has stopped.</exception>
    Task<MergeReport> MergeAsync(
        string from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation);
}
