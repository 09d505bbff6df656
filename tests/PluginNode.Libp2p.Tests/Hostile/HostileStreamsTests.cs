using PluginNode.Conformance;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hostile;

/// <summary>Streams that are opened to cost something.</summary>
[TestFixture]
internal sealed class HostileStreamsTests
{
    [Test]
    public async Task Streams_OpenedAndResetWhileTheyAreServed_AreNoMoreThanTwiceTheLimit()
    {
        const int limit = 8;
        await using var host = Some.Host(new HostOptions
        {
            Streams = new YamuxOptions { MostInboundStreams = limit },
        });
        await using var remote = Some.Host();
        var (inside, most) = (0, 0);
        var go = Signal.New();
        host.Handle("/slow", async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await go.Task;
            Interlocked.Decrement(ref inside);
        });
        var connection = await remote.ConnectAsync(host.Self, [host.ListenHere()], default).SoonAsync();
        for (var i = 0; i < 20 * limit; i++)
        {
            await using var stream = await connection.OpenStreamAsync("/slow", default);
            try
            {
                await stream.AgreeAsync(default).SoonAsync();
            }
            catch (Libp2pException)
            {
                // turned away
            }
        }
        go.SetResult();
        Assert.That(most, Is.InRange(limit, 2 * limit));
        await Patience.UntilAsync(() => inside == 0, "all have ended");
        await using var another = await connection.OpenStreamAsync("/slow", default);
        await another.CloseWriteAsync().SoonAsync();
        Assert.That((await another.ReadToEndAsync().SoonAsync()).Bytes, Is.Zero, "it goes on");
    }

    [Test]
    public async Task UnreadBytes_OfManyConnections_StayWithinTheHostsLimit_AndLeaveRoomForOthers()
    {
        const int most = 1 << 20;
        await using var host = Some.Host(new HostOptions { MostUnread = most });
        var go = Signal.New();
        host.Handle("/hold", (_, _) => go.Task);
        host.Handle("/echo", (stream, stop) => stream.CopyToAsync(stream, stop));
        var address = host.ListenHere();
        var remotes = Enumerable.Range(0, 8).Select(_ => Some.Host()).ToList();
        foreach (var remote in remotes)
        {
            var connection = await remote.ConnectAsync(host.Self, [address], default).SoonAsync();
            for (var i = 0; i < 4; i++)
            {
                var stream = await connection.OpenStreamAsync("/hold", default);
                await stream.AgreeAsync(default).SoonAsync();
                await stream.WriteAsync(new byte[200_000]).SoonAsync(); // less than a stream's window
            }
            await remote.PingAsync(connection, default).SoonAsync(); // all of it is there
        }
        var unread = host.Connections.Sum(c => c.UnreadBytes);
        await using var another = Some.Host();
        await using (var echo = await another.OpenStreamAsync(host.Self, [address], "/echo", default).SoonAsync())
        {
            var reading = echo.ReadToEndAsync();
            await echo.WriteInPiecesAsync(Some.Pattern(20_000), 1000).SoonAsync();
            Assert.That((await reading.SoonAsync()).Bytes, Is.EqualTo(20_000));
        }
        go.SetResult();
        foreach (var remote in remotes) await remote.DisposeAsync();
        Assert.That(unread, Is.InRange(most / 4, most));
        await Patience.UntilAsync(() => host.Unread == 0, "all room is given back");
    }
}
