using System.Net.Sockets;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>The wire from one node to another, as bad as it is told to be. What is wrong with it may change at any
/// time, and holds from then on for connections that are open too.</summary>
/// <param name="to">The port behind it.</param>
/// <param name="seed">Of all that it draws.</param>
internal sealed class FaultyRelay(int to, int seed) : Relay(to)
{
    private const int MostRecorded = 1 << 18;

    private readonly Lock _lock = new();
    private readonly Random _chance = new(seed);
    private readonly CancellationTokenSource _ended = new();
    private volatile Wire _wire;
    private long _taken;

    public Wire Wire
    {
        get => _wire;
        set => _wire = value;
    }

    /// <summary>How many bytes callers wrote, whatever became of them.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    public override void Dispose()
    {
        base.Dispose();
        _ended.Cancel();
        _ended.Dispose();
    }

    protected override async Task RelayAsync(NetworkStream near)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        using var far = await ReachAsync();
        var written = new MemoryStream();
        var ways = new[]
        {
            HandOnAsync(near, far.GetStream(), written, both.Token),
            HandOnAsync(far.GetStream(), near, null, both.Token),
        };
        try
        {
            await Task.WhenAny(ways);
            await both.CancelAsync(); // HTTP/1.1 closes both ways at once
            await Task.WhenAll(ways);
        }
        catch (OperationCanceledException)
        {
            // The other way ended first.
        }
        finally
        {
            if (Wire == Wire.Repeats) await PlayAgainAsync(written.ToArray());
        }
    }

    private async Task HandOnAsync(
        NetworkStream from, NetworkStream into, MemoryStream? record, CancellationToken cancel)
    {
        var buffer = new byte[1 << 14];
        while (await from.ReadAsync(buffer, cancel) is var length and > 0)
        {
            var piece = buffer.AsMemory(0, length);
            if (record?.Length < MostRecorded) record.Write(piece.Span);
            var wire = Wire;
            if (record is not null) Interlocked.Add(ref _taken, length);
            switch (wire)
            {
                case Wire.Drops:
                    continue;
                case Wire.Cuts when Draw(3) == 0:
                    await into.WriteAsync(piece[..Draw(length)], cancel);
                    into.Socket.LingerState = from.Socket.LingerState = new LingerOption(true, 0);
                    return;
                case Wire.Delays:
                    await Task.Delay(Draw(400), cancel);
                    break;
                case Wire.Corrupts when Draw(2) == 0:
                    piece.Span[Draw(length)] ^= (byte)(1 << Draw(8));
                    break;
                case Wire.Repeats when Draw(8) == 0:
                    await into.WriteAsync(piece, cancel);
                    break;
            }
            await into.WriteAsync(piece, cancel);
        }
    }

    private async Task PlayAgainAsync(byte[] written)
    {
        using var far = await ReachAsync();
        await far.GetStream().WriteAsync(written, _ended.Token);
        far.Client.Shutdown(SocketShutdown.Send);
        await far.GetStream().CopyToAsync(Stream.Null, _ended.Token);
    }

    private int Draw(int below)
    {
        lock (_lock) return _chance.Next(below);
    }
}
