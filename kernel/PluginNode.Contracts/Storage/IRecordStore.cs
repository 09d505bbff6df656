namespace PluginNode.Storage;

/// <summary>
/// Keeps sealed records on stable storage. It never sees a key or a plain byte.
/// <para>Life: constructed (no I/O) → <see cref="OpenAsync"/> once → the other members, from any number of threads at
/// once → disposed once; disposing waits for the commits under way. One process owns a store: opening one that
/// another process holds fails and says which.</para>
/// </summary>
public interface IRecordStore : IAsyncDisposable
{
    /// <summary>
    /// Takes ownership, finds every record and mends what a crash left. Reads headers, not bodies, but where only a
    /// crash could have left them unfinished. Nothing of the store is written, cut or moved before
    /// <paramref name="matchKeys"/> has returned.
    /// </summary>
    /// <param name="matchKeys">Called once with the key ids of all undamaged records; throws where one cannot be
    /// opened, and that exception is what this method fails with, the store being left as it was.</param>
    /// <param name="cancellation">Gives up; the store is left as it was or mended, never in between.</param>
    /// <exception cref="StoreException">It is held by another process, or cannot be read or written at all. Damaged
    /// records are never a reason: they are reported.</exception>
    Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation);

    /// <summary>The headers of all records at the time of the call, in the order in which they were first appended.
    /// Used once, after opening and before the first commit. Each header's buffer may be kept.</summary>
    IAsyncEnumerable<RecordHeader> ReadHeadersAsync(CancellationToken cancellation);

    /// <summary>Reads bodies, in the order asked. The buffers are the caller's.</summary>
    /// <exception cref="StoreException">The disk cannot be read just now; a retry is safe. A damaged body is not this:
    /// it is null.</exception>
    ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(IReadOnlyList<long> sequences, CancellationToken cancellation);

    /// <summary>
    /// Appends and removes, atomically. When the task completes, all of it is on stable storage. Calls take effect in
    /// the order in which they are made, and those that wait share one write and one flush. There is no cancelling:
    /// a commit that was begun ends one way or the other.
    /// </summary>
    /// <exception cref="StoreException">Nothing of this batch will be found when the store is opened again, or — where
    /// the disk failed in the middle — perhaps all of it, never a part. Earlier records stay. The next commit may
    /// succeed.</exception>
    Task CommitAsync(RecordBatch batch);

    /// <summary>Gives back the space of removed records by rewriting sparse parts; keys and order are kept. May run
    /// beside everything else, costs I/O, and may be abandoned at any time.</summary>
    Task CompactAsync(CancellationToken cancellation);
}

/// <summary>Extra ability of a store: records that the kernel found to be damaged (right key, failing tag) are copied
/// aside.</summary>
public interface IQuarantine
{
    /// <summary>Copies the record to the quarantine, counts it and removes it from the store. Safe to repeat.</summary>
    /// <param name="sequence">The record.</param>
    /// <param name="reason">Why, one line, for the report.</param>
    /// <param name="cancellation">Gives up; a retry is safe.</param>
    Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation);
}

/// <summary>What opening found.</summary>
/// <param name="Records">Live records.</param>
/// <param name="Bytes">Bytes on the medium, prepared space excluded.</param>
/// <param name="LastSequence">The greatest sequence that occurs anywhere, removals included; 0 where there is none. The
/// kernel goes on above it.</param>
/// <param name="Damage">What was damaged and copied to quarantine; empty where all was well.</param>
public sealed record StoreReport(long Records, long Bytes, long LastSequence, IReadOnlyList<StoreDamage> Damage);

/// <summary>One damaged place.</summary>
/// <param name="Where">File and offset, for people.</param>
/// <param name="Bytes">How many bytes.</param>
/// <param name="What">What it is, e.g. <c>bad checksum</c> or <c>cut tail</c>.</param>
/// <param name="Sequence">The record's sequence, where it can still be read.</param>
public sealed record StoreDamage(string Where, long Bytes, string What, long? Sequence = null);

/// <summary>The store cannot do what was asked; the message says why and what to do.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The medium is full. Earlier records stay; commits succeed again when there is space.</summary>
public sealed class StoreFullException(string message, Exception? inner = null) : StoreException(message, inner);
