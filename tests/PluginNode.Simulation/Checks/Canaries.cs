using System.Text;
using PluginNode.Events;
using PluginNode.FileStore;
using PluginNode.Storage;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.Simulation.Checks;

/// <summary>Nodes that break one promise each, as it would be broken by mistake: the auditor is worth what it catches
/// of these, and how soon.</summary>
internal static class Canaries
{
    /// <summary>A commit completes while its bytes are still in the page cache.</summary>
    public static Breakage AnswerBeforeFlush { get; } = new OnDisk(disk => new HastyDisk(disk, Files: true));

    /// <summary>The names of new files are left to the operating system.</summary>
    public static Breakage NoFolderFlush { get; } = new OnDisk(disk => new HastyDisk(disk, Folder: true));

    /// <summary>Something that a lane's name stands in is written as it is.</summary>
    public static Breakage PlainText { get; } = new OnDisk(disk => new HastyDisk(disk, Plain: true));

    /// <summary>What was seen before a restart is not known after it.</summary>
    public static Breakage ForgettingWindow { get; } = new InStore(Forgets: 5);

    /// <summary>The head of a batch's first lane stays behind, and the rest of that lane goes.</summary>
    public static Breakage SkippingLane { get; } = new OnTheWire(
        frames => frames.Count < 2 ? frames : [.. frames.Skip(1)], (_, outcomes) => outcomes);

    /// <summary>Outcomes are matched to frames by their place in the answer.</summary>
    public static Breakage OutcomesByPosition { get; } = new OnTheWire(
        frames => frames, (frames, outcomes) => [.. outcomes.Zip(frames, (o, f) => o with { Id = f.Id })]);

    /// <summary>A message on a stream of its own is called sent before the other end has closed it.</summary>
    public static Breakage SentBeforeClosed { get; } = new OnTheWire(
        frames => frames, (_, outcomes) => outcomes, outcome => outcome with { Status = SendStatus.Sent });

    /// <summary>Of an answer of several pages the last one is not merged, and it is said to be complete.</summary>
    public static Breakage OnePageEarly { get; } = new InSync();

    /// <summary>Events that were recorded are not read again after a restart.</summary>
    public static Breakage ForgettingLedger { get; } = new InStore(Forgets: 8);

    private sealed class OnDisk(Func<IDisk, IDisk> wrap) : Breakage
    {
        public override IDisk Disk(IDisk disk) => wrap(disk);
    }

    /// <param name="Forgets">The number of one of the kernel's collections: it is stored, so it never changes.</param>
    private sealed class InStore(byte Forgets) : Breakage
    {
        public override IRecordStore Store(FileRecordStore store) => new ForgetfulStore(store, Forgets);
    }

    private sealed class InSync : Breakage
    {
        public override ISyncStrategy Sync(ISyncStrategy strategy) => new HastyReader(strategy);
    }

    private sealed class OnTheWire(
        Func<IReadOnlyList<Frame>, IReadOnlyList<Frame>> sent,
        Func<IReadOnlyList<Frame>, IReadOnlyList<SendOutcome>, IReadOnlyList<SendOutcome>> answered,
        Func<SendOutcome, SendOutcome>? closed = null) : Breakage
    {
        public override ITransport Transport(ITransport transport) =>
            new BadWire(transport, (IRawStreams)transport, sent, answered, closed ?? (outcome => outcome));
    }

    private sealed class HastyDisk(IDisk disk, bool Files = false, bool Folder = false, bool Plain = false) : IDisk
    {
        public IDiskLock TakeLock() => disk.TakeLock();

        public IReadOnlyList<string> List() => disk.List();

        public IDiskFile Open(string name, bool create) => new HastyFile(disk.Open(name, create), Files, Plain);

        public void Delete(string name) => disk.Delete(name);

        public ValueTask FlushFolderAsync() => Folder ? ValueTask.CompletedTask : disk.FlushFolderAsync();
    }

    private sealed class HastyFile(IDiskFile file, bool hasty, bool plain) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, bool flush)
        {
            await file.WriteAsync(offset, bytes, flush && !hasty);
            if (plain) await file.WriteAsync(file.Length, Encoding.UTF8.GetBytes("key-1"), flush);
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Dispose() => file.Dispose();
    }

    private sealed class ForgetfulStore(FileRecordStore store, byte forgets) : IRecordStore, IQuarantine
    {
        public Task<StoreReport> OpenAsync(
            Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation) =>
            store.OpenAsync(matchKeys, cancellation);

        public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            await foreach (var header in store.ReadHeadersAsync(cancellation))
                if (header.Key.Collection != forgets) yield return header;
        }

        public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
            IReadOnlyList<long> sequences, CancellationToken cancellation) =>
            store.ReadBodiesAsync(sequences, cancellation);

        public Task CommitAsync(RecordBatch batch) => store.CommitAsync(batch);

        public Task CompactAsync(CancellationToken cancellation) => store.CompactAsync(cancellation);

        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            store.QuarantineAsync(sequence, reason, cancellation);

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }

    private sealed class HastyReader(ISyncStrategy strategy) : ISyncStrategy
    {
        public string Name => strategy.Name;

        public int Rank => strategy.Rank;

        public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation) =>
            strategy.SyncAsync(new HastySession(session), cancellation);
    }

    /// <summary>Merges the first page at once, and each further one when the one behind it comes.</summary>
    private sealed class HastySession(ISyncSession session) : ISyncSession
    {
        private readonly Dictionary<PluginNode.Identity.PeerId, IReadOnlyList<ReadOnlyMemory<byte>>> _held = [];

        public SyncPlan Plan => session.Plan;

        public Task<MergeReport> MergeAsync(
            Neighbour from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation)
        {
            var now = _held.GetValueOrDefault(from.Id, events);
            _held[from.Id] = _held.ContainsKey(from.Id) ? events : [];
            return session.MergeAsync(from, now, cancellation);
        }

        public void Called(NeighbourCall call) => session.Called(call);

        public void Expect(long events) => session.Expect(events);
    }

    private sealed class BadWire(
        ITransport transport, IRawStreams streams, Func<IReadOnlyList<Frame>, IReadOnlyList<Frame>> sent,
        Func<IReadOnlyList<Frame>, IReadOnlyList<SendOutcome>, IReadOnlyList<SendOutcome>> answered,
        Func<SendOutcome, SendOutcome> closed) : ITransport, IRawStreams
    {
        public string Scheme => transport.Scheme;

        public int MaxFrameBytes => transport.MaxFrameBytes;

        public Task StartAsync(ITransportHost host, CancellationToken cancellation) =>
            transport.StartAsync(host, cancellation);

        public async Task<IReadOnlyList<SendOutcome>> SendAsync(
            PluginNode.Identity.PeerId peer, PluginNode.Identity.PeerAddress address, IReadOnlyList<Frame> frames,
            CancellationToken cancellation) =>
            answered(frames, await transport.SendAsync(peer, address, sent(frames), cancellation));

        public bool IsRaw(string protocol) => streams.IsRaw(protocol);

        public async Task<SendOutcome> SendRawAsync(
            PluginNode.Identity.PeerId peer, PluginNode.Identity.PeerAddress address, RawMessage message,
            CancellationToken cancellation) =>
            closed(await streams.SendRawAsync(peer, address, message, cancellation));

        public Task StopAsync(CancellationToken cancellation) => transport.StopAsync(cancellation);
    }
}
