using System.Runtime.CompilerServices;
using PluginNode.Storage;

namespace PluginNode.Conformance.Fakes;

/// <summary>The process is gone, as far as the store is concerned.</summary>
public sealed class SimulatedCrashException() : StoreException("The process crashed here.");

/// <summary>
/// A store that fails as a test says, and else passes everything on to another one. It has the extra abilities that
/// the other one has, and no more. Every call but disposing is a step, counted from 1: a test can crash at each.
/// Thread-safe.
/// </summary>
public class FaultyStore : IRecordStore
{
    private readonly Lock _lock = new();
    private readonly IRecordStore _inner;
    private bool _crashed;

    private FaultyStore(IRecordStore inner) => _inner = inner;

    private enum Step
    {
        Read,
        Write,
        Other,
    }

    /// <summary>The medium is full: commits fail with <see cref="StoreFullException"/> until this is false
    /// again.</summary>
    public bool Full { get; set; }

    /// <summary>How many commits from now on fail with a <see cref="StoreException"/>.</summary>
    public int FailingCommits { get; set; }

    /// <summary>How many reads from now on fail, of headers or of bodies.</summary>
    public int FailingReads { get; set; }

    /// <summary>At which step the process crashes; 0, the default: at none. What comes after it fails alike. Only a
    /// store that is opened anew on the same medium goes on.</summary>
    public int CrashAtStep { get; set; }

    /// <summary>Whether a commit that fails, or during which the process crashes, is found when the store is opened
    /// again: the contract leaves it open. A full medium keeps nothing. Default: no.</summary>
    public bool KeepsWhatFails { get; set; }

    /// <summary>The steps until now.</summary>
    public int Steps { get; private set; }

    /// <summary>Puts faults before a store, which it owns.</summary>
    public static FaultyStore Over(IRecordStore inner) => inner switch
    {
        IQuarantine and IStoreCheck => new WithBoth(inner),
        IQuarantine => new WithQuarantine(inner),
        IStoreCheck => new WithCheck(inner),
        _ => new FaultyStore(inner),
    };

    /// <inheritdoc/>
    public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation) =>
        Fault(Step.Other) is { } fault
            ? Task.FromException<StoreReport>(fault)
            : _inner.OpenAsync(matchKeys, cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (Fault(Step.Read) is { } fault) throw fault;
        await foreach (var header in _inner.ReadHeadersAsync(cancellation)) yield return header;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation) =>
        Fault(Step.Read) is { } fault
            ? ValueTask.FromException<IReadOnlyList<RecordBody>>(fault)
            : _inner.ReadBodiesAsync(sequences, cancellation);

    /// <inheritdoc/>
    public Task CommitAsync(RecordBatch batch) => WriteAsync(() => _inner.CommitAsync(batch));

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation) =>
        Fault(Step.Other) is { } fault ? Task.FromException(fault) : _inner.CompactAsync(cancellation);

    /// <summary>Closes the other store, so that its medium can be opened again; no step.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _inner.DisposeAsync();
    }

    private Task QuarantineInnerAsync(long sequence, string reason, CancellationToken cancellation) =>
        WriteAsync(() => ((IQuarantine)_inner).QuarantineAsync(sequence, reason, cancellation));

    private Task<StoreReport> CheckInnerAsync(
        IProgress<(long Read, long Total)>? progress, CancellationToken cancellation) =>
        Fault(Step.Read) is { } fault
            ? Task.FromException<StoreReport>(fault)
            : ((IStoreCheck)_inner).CheckAsync(progress, cancellation);

    // Not async before the inner call: commits take effect in the order in which they are made.
    private Task WriteAsync(Func<Task> write)
    {
        var gone = _crashed;
        if (Fault(Step.Write) is not { } fault) return write();
        return gone || !KeepsWhatFails || fault is StoreFullException
            ? Task.FromException(fault)
            : FailAfterAsync(write(), fault);
    }

    private static async Task FailAfterAsync(Task write, StoreException fault)
    {
        await write;
        throw fault;
    }

    private StoreException? Fault(Step step)
    {
        lock (_lock)
        {
            _crashed |= ++Steps == CrashAtStep;
            if (_crashed) return new SimulatedCrashException();
            switch (step)
            {
                case Step.Write when Full:
                    return new StoreFullException("The medium is full.");
                case Step.Write when FailingCommits > 0:
                    FailingCommits--;
                    return new StoreException("The disk failed while it was written.");
                case Step.Read when FailingReads > 0:
                    FailingReads--;
                    return new StoreException("The disk cannot be read just now.");
                default:
                    return null;
            }
        }
    }

    private sealed class WithQuarantine(IRecordStore inner) : FaultyStore(inner), IQuarantine
    {
        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            QuarantineInnerAsync(sequence, reason, cancellation);
    }

    private sealed class WithCheck(IRecordStore inner) : FaultyStore(inner), IStoreCheck
    {
        public Task<StoreReport> CheckAsync(
            IProgress<(long Read, long Total)>? progress, CancellationToken cancellation) =>
            CheckInnerAsync(progress, cancellation);
    }

    private sealed class WithBoth(IRecordStore inner) : FaultyStore(inner), IQuarantine, IStoreCheck
    {
        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            QuarantineInnerAsync(sequence, reason, cancellation);

        public Task<StoreReport> CheckAsync(
            IProgress<(long Read, long Total)>? progress, CancellationToken cancellation) =>
            CheckInnerAsync(progress, cancellation);
    }
}
