using System.Buffers;
using PluginNode.Events;
using PluginNode.Identity;
using EventId = PluginNode.Events.EventId;

namespace PluginNode.Composition;

/// <summary>The kernel's ledger as plugins get it. Their containers are built before there is a kernel, because one of
/// them provides its store: until it is opened, the ledger is not there, and whoever asks is told so.</summary>
/// <param name="kinds">Filled while the node starts.</param>
/// <param name="isReadOnly">Whether it records no events of its own.</param>
internal sealed class LateLedger(EventKinds kinds, bool isReadOnly) : ILedger, IEventWriter, IEventKeys, ILedgerWriter
{
    /// <summary>Why a read-only node records nothing.</summary>
    public const string NoRecording = "node.readOnly is set: this node records no events of its own";

    private readonly EventCodec _codec = new(kinds);
    private volatile NodeKernel? _kernel;

    /// <inheritdoc/>
    public int Count => Ledger.Count;

    private NodeKernel Kernel => _kernel
        ?? throw new InvalidOperationException("The node is not open yet: the ledger comes before transports start.");

    private ILedger Ledger => Kernel.Ledger;

    /// <summary>From now on it is there.</summary>
    public void Open(NodeKernel kernel) => _kernel = kernel;

    /// <inheritdoc/>
    public LedgerPage Read(LedgerQuery query) => Ledger.Read(query);

    /// <inheritdoc/>
    public Event? Find(EventId id) => Ledger.Find(id);

    /// <inheritdoc/>
    public IReadOnlyList<string> Subjects() => Ledger.Subjects();

    /// <inheritdoc/>
    public IReadOnlyList<LedgerDay> Days() => Ledger.Days();

    /// <inheritdoc/>
    public void Write(Event @event, IBufferWriter<byte> json) => _codec.Encode(@event, json);

    /// <inheritdoc/>
    public bool IsKnownOutside(string service) => kinds.Has(service);

    /// <inheritdoc/>
    public Task<RecordedEvent> RecordAsync(string service, ReadOnlyMemory<byte> data) => isReadOnly
        ? Task.FromResult(new RecordedEvent(null, EventVerdict.NotValid, NoRecording))
        : Kernel.Events.RecordAsync(service, data);

    /// <inheritdoc/>
    public Task<MergeReport> MergeAsync(
        string from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(events.Count, LedgerQuery.MostEvents, nameof(events));
        return Kernel.Intake.MergeAsync(from, events, cancellation);
    }

    PeerId? IEventKeys.Find(string name) => Kernel.EventKeys.Find(name);

    IReadOnlyList<string> IEventKeys.Names() => Kernel.EventKeys.Names();
}
