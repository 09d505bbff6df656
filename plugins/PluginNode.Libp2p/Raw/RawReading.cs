using System.Buffers;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Libp2p.Raw;

/// <summary>Reads a stream to its end into one pooled buffer that grows, within bounds of size and time.</summary>
internal sealed class RawReading(ProtocolStream stream, RawRoom.Place place, Libp2pOptions options, TimeProvider time)
    : IDisposable
{
    // for what the rate does not count: a message that begins slowly, and the way there
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(RawRoom.FirstBytes);
    private int _capacity = Math.Min(RawRoom.FirstBytes, options.MaxRawBytes + 1);
    private int _length;

    /// <summary>All that the peer wrote, once it has finished. Valid until this is disposed.</summary>
    /// <param name="ends">Gives up.</param>
    /// <exception cref="Libp2pException">It was too large, too slow, or reset.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken ends)
    {
        using var limit = new CancellationTokenSource(Grace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        var spent = TimeSpan.Zero; // on the peer; what it waits for room is not its fault
        while (true)
        {
            if (_length == _capacity) await GrowAsync(ends);
            limit.CancelAfter(Positive(Grace + FrameWire.TimeOf(_length) - spent));
            var began = time.GetTimestamp();
            int count;
            try
            {
                count = await stream.ReadAsync(_buffer.AsMemory(_length, _capacity - _length), either.Token);
            }
            catch (OperationCanceledException e) when (!ends.IsCancellationRequested)
            {
                throw new Libp2pException(
                    Libp2pFault.TimedOut, $"A message was not finished in time; {_length} bytes had come.", e);
            }
            if (count == 0) return _buffer.AsMemory(0, _length);
            spent += time.GetElapsedTime(began);
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            _length += count;
            if (_length > options.MaxRawBytes)
                throw new Libp2pException(
                    Libp2pFault.Limit, $"A message is larger than maxRawBytes, {options.MaxRawBytes}.");
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    // One byte more than is taken, to see that there is more.
    private async Task GrowAsync(CancellationToken ends)
    {
        if (_capacity == RawRoom.FirstBytes) await WaitForRoomAsync(ends);
        _capacity = (int)Math.Min(2L * _capacity, options.MaxRawBytes + 1L);
        if (_capacity <= _buffer.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(_capacity);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private async Task WaitForRoomAsync(CancellationToken ends)
    {
        using var limit = new CancellationTokenSource(options.SendLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            await place.GrowAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!ends.IsCancellationRequested)
        {
            throw RawServer.Crowded(e);
        }
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}
