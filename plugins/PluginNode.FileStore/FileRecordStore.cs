using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PluginNode.Storage;

namespace PluginNode.FileStore;

/// <summary>
/// Keeps records in an append-only log of segments. All waiting commits share one write and one flush; one loop writes,
/// any number of callers read.
/// <code>
/// commit ─► waiting ─► one write into the prepared segment ─► fdatasync ─► every commit of it completes
///              ▲ the next ones gather here meanwhile
/// </code>
/// </summary>
public sealed partial class FileRecordStore : IRecordStore, IQuarantine, IStoreCheck
{
    private readonly IDisk _disk;
    private readonly ILogger _logger;
    private readonly SegmentMaker _maker;
    private readonly Quarantine _quarantine;
    private readonly Lock _lock = new();
    private readonly StoreIndex _index = new();
    private IDiskLock? _owner;

    /// <param name="disk">Where it lives.</param>
    /// <param name="options">Checked settings.</param>
    /// <param name="logger">For damage and failures.</param>
    public FileRecordStore(IDisk disk, FileStoreOptions options, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_disk, _logger) = (disk, logger);
        _maker = new SegmentMaker(disk, options.SegmentBytes);
        _quarantine = new Quarantine(disk, logger);
    }

    /// <inheritdoc/>
    public async Task<StoreReport> OpenAsync(
        Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(matchKeys);
        var opening = new StoreOpening(_disk, _index);
        try
        {
            _owner = _disk.TakeLock();
            var report = opening.Read(everyBody: false, null, cancellation);
            matchKeys(opening.LiveKeyIds());
            _owner.WriteOwner();
            await MendAsync(opening);
            _group = opening.LastGroup + 1;
            _next = NewSegmentAsync(0);
            return report;
        }
        catch (Exception e)
        {
            foreach (var segment in _index.Segments) segment.Dispose();
            _owner?.Dispose();
            if (e is DiskFullException)
                throw new StoreFullException($"The store cannot be opened, the disk is full: {e.Message}", e);
            if (e is IOException or UnauthorizedAccessException)
                throw new StoreException($"The store cannot be opened: {e.Message}", e);
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask; // nothing is awaited: the pages were read a moment ago, by opening
        var readers = new Dictionary<int, WindowedReader>();
        foreach (var sequence in _index.Sequences.ToList())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_index.TryFind(sequence, out var at)) continue;
            if (!readers.TryGetValue(at.Segment.Number, out var reader))
                readers.Add(at.Segment.Number, reader = new WindowedReader(at.Segment.File));
            yield return ReadHeader(reader, at);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        var bodies = new RecordBody[sequences.Count];
        for (var i = 0; i < bodies.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (found, body) = ReadBody(sequences[i]);
            if (found && body is null) await QuarantineAsync(sequences[i], SegmentScan.BadChecksum, cancellation);
            bodies[i] = new RecordBody(sequences[i], body);
        }
        return bodies;
    }

    /// <inheritdoc/>
    public async Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation)
    {
        Location at;
        lock (_lock)
            if (!_index.TryFind(sequence, out at)) return;
        try
        {
            await _quarantine.CopyAsync(at.Segment, at.Offset, at.FrameBytes, reason);
        }
        catch (IOException e)
        {
            throw new StoreException($"A damaged record cannot be copied to quarantine: {e.Message}", e);
        }
        await CommitAsync(new RecordBatch([], [sequence]));
    }

    /// <inheritdoc/>
    public Task<StoreReport> CheckAsync(
        IProgress<(long Read, long Total)>? progress, CancellationToken cancellation)
    {
        var opening = new StoreOpening(_disk, _index);
        try
        {
            using var owner = _disk.TakeLock();
            return Task.FromResult(opening.Read(everyBody: true, progress, cancellation));
        }
        catch (IOException e)
        {
            throw new StoreException($"The store cannot be read: {e.Message}", e);
        }
        finally
        {
            foreach (var segment in _index.Segments) segment.Dispose();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_lock) _closing = true;
        await _writing;
        await CutFailedAsync();
        await DiscardPreparedAsync();
        foreach (var segment in _index.Segments) segment.Dispose();
        _owner?.Dispose();
    }

    private static RecordHeader ReadHeader(WindowedReader reader, in Location at)
    {
        ReadOnlySpan<byte> bytes;
        try
        {
            bytes = reader.At(at.Offset, FrameFormat.FixedBytes + at.HeaderBytes);
        }
        catch (IOException e)
        {
            throw new StoreException($"A record cannot be read just now: {e.Message}", e);
        }
        if (!FrameFormat.TryRead(bytes, out var head))
            throw new StoreException($"The record at {at.Segment.Name}+{at.Offset} cannot be read twice alike: the disk fails.");
        return new RecordHeader(head.Key, head.KeyId, bytes[FrameFormat.FixedBytes..].ToArray(), head.BodyBytes);
    }

    private (bool Found, ReadOnlyMemory<byte>? Body) ReadBody(long sequence)
    {
        Location at;
        lock (_lock)
            if (!_index.TryFind(sequence, out at)) return (false, null);
        var bytes = new byte[at.BodyBytes + FrameFormat.TrailerBytes];
        try
        {
            for (var done = 0; done < bytes.Length;)
            {
                var read = at.Segment.File.Read(at.BodyOffset + done, bytes.AsSpan(done));
                if (read == 0) return (true, null);
                done += read;
            }
        }
        catch (ObjectDisposedException)
        {
            return (false, null); // removed, and its segment deleted, since it was looked up
        }
        catch (IOException e)
        {
            throw new StoreException($"A record cannot be read just now: {e.Message}", e);
        }
        // Written out: as a conditional expression it would be a Memory<byte>, of which null is an empty one.
        ReadOnlyMemory<byte>? body = null;
        if (FrameFormat.BodyHolds(bytes.AsSpan(0, at.BodyBytes), bytes.AsSpan(at.BodyBytes)))
            body = bytes.AsMemory(0, at.BodyBytes);
        return (true, body);
    }

    /// <summary>
    /// Makes what was read durable. After a flush that failed the operating system may show bytes that the disk never
    /// got, and calls them clean: whoever builds on them loses them with the next power cut.
    /// </summary>
    private static async Task RewriteAsync(Segment segment, long offset)
    {
        var bytes = new byte[segment.End - offset];
        for (var done = 0; done < bytes.Length;)
        {
            var read = segment.File.Read(offset + done, bytes.AsSpan(done));
            if (read == 0) throw new IOException($"{segment.Name} is shorter than it was a moment ago");
            done += read;
        }
        await segment.File.WriteAsync(offset, bytes, flush: true);
    }

    private async Task MendAsync(StoreOpening opening)
    {
        foreach (var (segment, offset) in opening.LastWrites) await RewriteAsync(segment, offset);
        // Last: an opening that fails reports nothing, and what was mended is not found again.
        foreach (var (segment, place) in opening.Bad)
        {
            await _quarantine.CopyAsync(segment, place.Offset, place.Bytes, place.What);
            if (place.Offset < segment.End) await Quarantine.MendAsync(segment, place);
        }
        // A write that was cut off goes in one step: what is left of half of it would look like a whole one.
        foreach (var segment in _index.Segments.Where(s => s.File.Length > s.End))
        {
            segment.File.Truncate(segment.End);
            if (opening.Bad.Any(b => b.Segment == segment && b.Place.Offset >= segment.End))
                await segment.File.WriteAsync(segment.End, ReadOnlyMemory<byte>.Empty, flush: true);
        }
        await DeleteObsoleteAsync(_ => false);
    }
}
