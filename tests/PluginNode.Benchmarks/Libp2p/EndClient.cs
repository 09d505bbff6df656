using System.Buffers.Binary;
using System.Diagnostics;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>The client's side of what is measured; each goes on for as long as the call says.</summary>
internal static class EndClient
{
    // one for all runs, so that it is not among what a message costs
    private static readonly long[] Trips = new long[1_000_000];

    public static async Task<EndAnswer> BulkAsync(IWay way, EndCall call)
    {
        var chunk = new byte[EndServer.ChunkBytes];
        Random.Shared.NextBytes(chunk);
        var stream = await way.OpenAsync(EndServer.Bulk);
        var clock = Stopwatch.StartNew();
        var sent = 0L;
        for (; clock.Elapsed.TotalSeconds < call.Seconds; sent += chunk.Length) await stream.WriteAsync(chunk);
        await way.FinishAsync(stream);
        var answer = new byte[sizeof(long)];
        await stream.ReadExactlyAsync(answer);
        var took = clock.Elapsed.TotalSeconds;
        await way.LeaveAsync(stream);
        var arrived = BinaryPrimitives.ReadInt64BigEndian(answer);
        if (arrived != sent) throw new InvalidOperationException($"{sent} bytes were sent and {arrived} arrived");
        return new EndAnswer { Count = sent, Seconds = took };
    }

    /// <summary>On each of several streams so many messages are on their way at once.</summary>
    public static async Task<EndAnswer> MessagesAsync(IWay way, EndCall call)
    {
        var streams = new List<Stream>();
        for (var i = 0; i < call.Streams; i++) streams.Add(await way.OpenAsync(EndServer.Messages));
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(streams.Select(s => Task.Run(() => LaneAsync(s, call, clock))));
        var took = clock.Elapsed.TotalSeconds;
        foreach (var stream in streams) await way.LeaveAsync(stream);
        return new EndAnswer { Count = counts.Sum(), Seconds = took };
    }

    /// <summary>A stream for each message, so many at once.</summary>
    public static async Task<EndAnswer> StreamsAsync(IWay way, EndCall call)
    {
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, call.Streams).Select(_ => Task.Run(async () =>
        {
            var (message, acknowledgement) = (Message(), new byte[1]);
            var count = 0L;
            for (; clock.Elapsed.TotalSeconds < call.Seconds; count++)
            {
                var stream = await way.OpenAsync(EndServer.Messages);
                await stream.WriteAsync(message);
                await stream.ReadExactlyAsync(acknowledgement);
                await way.LeaveAsync(stream);
            }
            return count;
        })));
        return new EndAnswer { Count = counts.Sum(), Seconds = clock.Elapsed.TotalSeconds };
    }

    /// <summary>So many clients at once, each with a key of its own, connect and close, over and over.</summary>
    public static async Task<EndAnswer> HandshakesAsync(IWay way, EndCall call)
    {
        var clients = Enumerable.Range(0, call.Streams).Select(_ => way.Another()).ToList();
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            var count = 0L;
            for (; clock.Elapsed.TotalSeconds < call.Seconds; count++) await client.ConnectAndCloseAsync();
            return count;
        })));
        var took = clock.Elapsed.TotalSeconds;
        foreach (var client in clients) await client.DisposeAsync();
        return new EndAnswer { Count = counts.Sum(), Seconds = took };
    }

    /// <summary>One message after the other, and how long each took until it was acknowledged.</summary>
    public static async Task<EndAnswer> TripsAsync(IWay way, EndCall call)
    {
        var (message, acknowledgement) = (Message(), new byte[1]);
        var stream = await way.OpenAsync(EndServer.Messages);
        var count = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < call.Seconds && count < Trips.Length)
        {
            var begun = clock.ElapsedTicks;
            await stream.WriteAsync(message);
            await stream.ReadExactlyAsync(acknowledgement);
            Trips[count++] = clock.ElapsedTicks - begun;
        }
        var took = clock.Elapsed.TotalSeconds;
        await way.LeaveAsync(stream);
        Array.Sort(Trips, 0, count);
        return new EndAnswer { Count = count, Seconds = took, P50 = At(0.5), P99 = At(0.99) };

        double At(double share) => Trips[(int)(share * count)] * 1e6 / Stopwatch.Frequency;
    }

    private static async Task<long> LaneAsync(Stream stream, EndCall call, Stopwatch clock)
    {
        var (message, acknowledgements) = (Message(), new byte[call.Window]);
        var (sent, acknowledged) = (0L, 0L);
        while (true)
        {
            for (; sent - acknowledged < call.Window && clock.Elapsed.TotalSeconds < call.Seconds; sent++)
                await stream.WriteAsync(message);
            if (acknowledged == sent) return sent;
            var count = await stream.ReadAsync(acknowledgements);
            acknowledged += count > 0 ? count : throw new InvalidOperationException("the other end has finished");
        }
    }

    private static byte[] Message()
    {
        var message = new byte[EndServer.MessageBytes];
        Random.Shared.NextBytes(message);
        return message;
    }
}
