using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>
/// The one loop that writes to a connection. Whatever waits goes out together, with one write of up to about 64 KiB, or
/// of one larger packet: first answers and requests, then messages that are sent again, then those of the queue, in
/// their order. Where the window is full, what stands behind the next message of QoS 1 waits with it.
/// </summary>
internal sealed class Writer(Link link, Shared shared) : IDisposable
{
    private const int Batch = 65_536;

    private readonly Lock _lock = new();
    private readonly Queue<Packet> _control = new();
    private readonly Signal _signal = new();
    private readonly PacketBuffer _buffer = new();
    private long _written = shared.Time.GetTimestamp();
    private DisconnectPacket? _last;
    private bool _flush;
    private volatile bool _finished;

    /// <summary>The timestamp of the last write that is done.</summary>
    public long Written => Volatile.Read(ref _written);

    public void Wake() => _signal.Set();

    /// <summary>A packet of the protocol's own, before all messages. Their number is bounded by what they answer: the
    /// receive maximum, the subscriptions, one ping.</summary>
    public void Send(Packet packet)
    {
        lock (_lock) _control.Enqueue(packet);
        _signal.Set();
    }

    /// <summary>Ends the loop, behind what waits where it is to be flushed, with a last packet where there is one.
    /// </summary>
    public void Finish(DisconnectPacket? last, bool flush)
    {
        _last = last;
        _flush = flush;
        _finished = true;
        _signal.Set();
    }

    public async Task RunAsync(CancellationToken cut)
    {
        while (true)
        {
            var finished = _finished;
            _buffer.CutTo(0);
            if (!finished || _flush) Fill();
            var end = finished && _buffer.Length == 0;
            if (end && _last is { } last) PacketEncoder.Write(_buffer, last, link.Terms.Version);
            if (_buffer.Length > 0)
            {
                await link.Stream.WriteAsync(_buffer.Written, cut);
                Volatile.Write(ref _written, shared.Time.GetTimestamp());
            }
            else if (!end) await _signal.WaitAsync(cut);
            if (end) return;
        }
    }

    public void Dispose() => _buffer.Dispose();

    private void Fill()
    {
        lock (_lock)
            while (_buffer.Length < Batch && _control.TryDequeue(out var packet))
                PacketEncoder.Write(_buffer, packet, link.Terms.Version);
        while (_buffer.Length < Batch)
        {
            var item = shared.Window.NextAgain(out var mustWait);
            if (item is null && !mustWait) item = NextNew();
            if (item is null) return;
            if (!item.IsGivenUp || item.Packet.Id > 0) Write(item);
            else shared.Queue.Release(item); // its publisher did not wait for it
        }
    }

    private Outgoing? NextNew()
    {
        if (shared.Queue.Peek() is not { } item) return null;
        if (item.Packet.Qos == 1 && !item.IsGivenUp && !shared.Window.TryEnter(item)) return null;
        shared.Queue.Take();
        return item;
    }

    private void Write(Outgoing item)
    {
        var begin = _buffer.Length;
        var refusal = link.Terms.Refusal(item.Packet);
        if (refusal is null)
        {
            PacketEncoder.Write(_buffer, item.Packet, link.Terms.Version);
            var bytes = _buffer.Length - begin;
            if (bytes > link.Terms.MaximumPacketBytes) refusal = link.Terms.TooLarge(bytes);
        }
        if (refusal is { } why)
        {
            _buffer.CutTo(begin);
            if (item.Done is null) LogMessages.NotSent(shared.Logger, why.Text);
            else shared.Window.Remove(item.Packet.Id);
            item.Done?.TrySetResult(why);
        }
        if (refusal is not null || item.Done is null) shared.Queue.Release(item);
    }
}
