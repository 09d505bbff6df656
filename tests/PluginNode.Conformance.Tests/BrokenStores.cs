using PluginNode.Conformance.Fakes;
using PluginNode.Storage;

namespace PluginNode.Conformance.Tests;

/// <summary>A store that passes everything on; each broken one changes one thing.</summary>
internal class PassingStore(MemoryMedium medium) : IRecordStore
{
    private int _writes;

    protected MemoryRecordStore Inner { get; } = new(medium);

    /// <summary>At which write it crashes; 0: at none.</summary>
    public int CrashAtWrite { get; set; }

    public virtual Task<StoreReport> OpenAsync(
        Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation) =>
        Inner.OpenAsync(matchKeys, cancellation);

    public virtual IAsyncEnumerable<RecordHeader> ReadHeadersAsync(CancellationToken cancellation) =>
        Inner.ReadHeadersAsync(cancellation);

    public virtual ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation) =>
        Inner.ReadBodiesAsync(sequences, cancellation);

    public virtual Task CommitAsync(RecordBatch batch) => ++_writes >= CrashAtWrite && CrashAtWrite > 0
        ? Task.FromException(new SimulatedCrashException())
        : Inner.CommitAsync(batch);

    public virtual Task CompactAsync(CancellationToken cancellation) => Inner.CompactAsync(cancellation);

    public virtual ValueTask DisposeAsync() => Inner.DisposeAsync();
}

/// <summary>Answers before it keeps: the last commit is lost when the store is closed.</summary>
internal sealed class LateStore(MemoryMedium medium) : PassingStore(medium)
{
    private RecordBatch? _late;

    public override async Task CommitAsync(RecordBatch batch)
    {
        if (_late is { } late) await Inner.CommitAsync(late);
        _late = batch;
    }
}

/// <summary>Keeps only the first record of a batch.</summary>
internal sealed class TearingStore(MemoryMedium medium) : PassingStore(medium)
{
    public override Task CommitAsync(RecordBatch batch) =>
        base.CommitAsync(batch with { Appends = [.. batch.Appends.Take(1)] });
}

/// <summary>Forgets removals.</summary>
internal sealed class HoardingStore(MemoryMedium medium) : PassingStore(medium)
{
    public override Task CommitAsync(RecordBatch batch) => base.CommitAsync(batch with { Removals = [] });
}

/// <summary>Tells headers newest first.</summary>
internal sealed class ReversingStore(MemoryMedium medium) : PassingStore(medium)
{
    public override async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var all = new List<RecordHeader>();
        await foreach (var header in base.ReadHeadersAsync(cancellation)) all.Add(header);
        all.Reverse();
        foreach (var header in all) yield return header;
    }
}

/// <summary>Tells bodies in the order of their sequences, whatever was asked.</summary>
internal sealed class SortingStore(MemoryMedium medium) : PassingStore(medium)
{
    public override ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation) =>
        base.ReadBodiesAsync([.. sequences.Order()], cancellation);
}

/// <summary>Never asks whether the key is right.</summary>
internal sealed class TrustingStore(MemoryMedium medium) : PassingStore(medium)
{
    public override Task<StoreReport> OpenAsync(
        Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation) =>
        base.OpenAsync(_ => { }, cancellation);
}

/// <summary>Counts sequences from what is alive.</summary>
internal sealed class ForgetfulStore(MemoryMedium medium) : PassingStore(medium)
{
    public override async Task<StoreReport> OpenAsync(
        Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
    {
        var report = await base.OpenAsync(matchKeys, cancellation);
        var last = 0L;
        await foreach (var header in ReadHeadersAsync(cancellation)) last = header.Key.Sequence;
        return report with { LastSequence = last };
    }
}

/// <summary>Keeps large bodies in part.</summary>
internal sealed class CuttingStore(MemoryMedium medium) : PassingStore(medium)
{
    public override Task CommitAsync(RecordBatch batch) => base.CommitAsync(batch with
    {
        Appends = [.. batch.Appends.Select(r => r with { Body = r.Body[..Math.Min(r.Body.Length, 1 << 20)] })],
    });
}

/// <summary>Gives back more space than it should.</summary>
internal sealed class GreedyStore(MemoryMedium medium) : PassingStore(medium)
{
    public override async Task CompactAsync(CancellationToken cancellation)
    {
        await base.CompactAsync(cancellation);
        await Inner.CommitAsync(new RecordBatch([], [10]));
    }
}

/// <summary>Lets damaged records be.</summary>
internal sealed class ForgivingStore(MemoryMedium medium) : PassingStore(medium), IQuarantine
{
    public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) => Task.CompletedTask;
}

/// <summary>Cannot get over a full medium.</summary>
internal sealed class SulkingStore(MemoryMedium medium) : PassingStore(medium)
{
    private bool _sulks;

    public override Task CommitAsync(RecordBatch batch)
    {
        _sulks |= batch.Appends.Any(a => a.Body.Length == RecordLimits.BodyBytes);
        return _sulks ? Task.FromException(new StoreFullException("never again")) : base.CommitAsync(batch);
    }
}

/// <summary>Writes the records of a batch one by one.</summary>
internal sealed class StutteringStore(MemoryMedium medium) : PassingStore(medium)
{
    public override async Task CommitAsync(RecordBatch batch)
    {
        foreach (var record in batch.Appends) await base.CommitAsync(new RecordBatch([record], []));
        await base.CommitAsync(batch with { Appends = [] });
    }
}
