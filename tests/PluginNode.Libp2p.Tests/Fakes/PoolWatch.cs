using System.Buffers;
using System.Diagnostics.Tracing;

namespace PluginNode.Libp2p.Fakes;

/// <summary>Counts the byte arrays of the shared pool that were rented and not given back, from when it was made, in
/// the whole process.</summary>
internal sealed class PoolWatch : EventListener
{
    private const int Rented = 1, Returned = 3; // System.Buffers.ArrayPoolEventSource

    private readonly int _pool = ArrayPool<byte>.Shared.GetHashCode();
    private long _out;

    public long Out => Interlocked.Read(ref _out);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
            EnableEvents(eventSource, EventLevel.Verbose);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventId is not (Rented or Returned)) return;
        if ((int)eventData.Payload![eventData.PayloadNames!.IndexOf("poolId")]! != _pool) return;
        Interlocked.Add(ref _out, eventData.EventId == Rented ? 1 : -1);
    }
}
