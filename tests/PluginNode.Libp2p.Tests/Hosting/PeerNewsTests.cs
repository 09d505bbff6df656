using System.Collections.Concurrent;
using PluginNode.Conformance;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Hosting;

/// <summary>What is told of a peer comes in the order in which it came about.</summary>
[TestFixture]
internal sealed class PeerNewsTests
{
    [Test]
    public async Task Up_WhileADownIsBeingTold_IsToldAfterIt()
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        var address = b.ListenHere();
        var told = new ConcurrentQueue<bool>();
        var isDown = Signal.New();
        using var goOn = new ManualResetEventSlim();
        a.PeerChanged = (_, up) =>
        {
            if (!up && isDown.TrySetResult()) goOn.Wait(Patience.Long); // its thread has been held up just here
            told.Enqueue(up);
        };
        var first = await a.ConnectAsync(b.Self, [address], default).SoonAsync();
        var closing = first.CloseAsync();
        await isDown.Task.SoonAsync();
        await a.ConnectAsync(b.Self, [address], default).SoonAsync();
        goOn.Set();
        await closing.SoonAsync();
        await Patience.UntilAsync(() => told.Count == 3, "all is told");
        Assert.That(told, Is.EqualTo(new[] { true, false, true }));
    }

    [Test]
    public async Task LastTold_OfAPeerThatComesAndGoes_IsTheTruth()
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        var address = b.ListenHere();
        var told = new ConcurrentQueue<bool>();
        a.PeerChanged = (_, up) => told.Enqueue(up);
        for (var i = 0; i < 200; i++)
        {
            var connection = await a.ConnectAsync(b.Self, [address], default).SoonAsync();
            _ = connection.CloseAsync();
        }
        await Patience.UntilAsync(() => a.Connections.Count == 0 && told.LastOrDefault(true) == false, "it is down");
        Assert.That(told.Chunk(2), Is.All.EqualTo(new[] { true, false }));
    }
}
