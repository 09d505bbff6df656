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
}
