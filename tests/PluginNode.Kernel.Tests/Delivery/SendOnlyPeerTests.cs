using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Ledger;
using PluginNode.Peers;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>A peer that this node sends to and takes nothing from.</summary>
[TestFixture]
public sealed class SendOnlyPeerTests
{
    private readonly Network _wire = new() { RawPrefix = "/raw/" };

    [Test]
    public async Task NothingThatItSends_IsTaken_AndWhatIsSentToItArrives()
    {
        await using var a = await TestNode.StartAsync(_wire, 1);
        await using var b = await TestNode.StartAsync(_wire, 2, knows: [3]);
        await AddAsync(b, sendOnly: true);
        await b.SendAsync(1, "to it");
        Assert.That(await a.ReceiveAsync(1), Is.EqualTo(new[] { "to it" }));

        var frames = await a.SendAsync(2, "x", "/none");
        var raw = await a.SendAsync(2, "y", "/raw/none");
        Assert.That((frames.Verdict, raw.Verdict), Is.EqualTo((SendVerdict.Failed, SendVerdict.Failed)));
        Assert.That((await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Is.Empty);

        await AddAsync(b, sendOnly: false);
        Assert.That((await a.SendAsync(2, "x", "/none")).Verdict, Is.EqualTo(SendVerdict.Done));
    }

    [Test]
    public async Task ItStaysSoOverARestart_AndOverAPause()
    {
        var medium = new ListMedium();
        await using (var b = await TestNode.StartAsync(_wire, 2, medium, knows: [3]))
        {
            await AddAsync(b, sendOnly: true);
            await b.Kernel.Peers.PauseAsync("one", true);
        }
        await using var again = await TestNode.StartAsync(_wire, 2, medium, knows: [3]);
        var peer = again.Kernel.Peers.Find("one")!;
        Assert.That((peer.SendOnly, peer.Paused), Is.EqualTo((true, true)));
        Assert.That(again.Kernel.Peers.TakesFrom(peer.Id), Is.False);
        Assert.That(again.Kernel.Peers.TakesFrom(TestNode.IdOf(3)), Is.True);
        Assert.That(again.Kernel.Peers.TakesFrom(TestNode.IdOf(4)), Is.False, "a stranger");
    }

    [Test]
    public void ItsEvents_AreNotBelieved_AndItsNameIsNobodyElses()
    {
        var peers = new PeerBook(
        [
            new Peer("one", TestNode.IdOf(1), []) { SendOnly = true }, new Peer("two", TestNode.IdOf(2), []),
        ]);
        var keys = new LedgerKeys(peers, TestNode.IdOf(9), "self", learns: true, NullLogger.Instance);
        Assert.That((keys.KeyOf("one"), keys.KeyOf("two")), Is.EqualTo(((PeerId?)null, (PeerId?)TestNode.IdOf(2))));
        foreach (byte key in (byte[])[1, 3])
            Assert.That(keys.Learn(new AnnouncedKey("one", TestNode.IdOf(key), "")), Is.EqualTo(KeyLearning.OtherKey));
        Assert.That(keys.KeyOf("one"), Is.Null);
    }

    [Test]
    public async Task ItsClock_IsNoSecondOpinion()
    {
        var time = new ManualTimeProvider();
        await using var b = await TestNode.StartAsync(_wire, 2, time: time, knows: [3]);
        await AddAsync(b, sendOnly: true);
        time.SetUtcNow(time.GetUtcNow() + TimeSpan.FromDays(1));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(await b.Kernel.MetricsAsync()).ClockHeld)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1, timeout.Token);
        }
        b.Kernel.TransportHost.Heard(TestNode.IdOf(1), time.GetUtcNow());
        Assert.That((await b.Kernel.MetricsAsync()).ClockHeld, Is.True);
        b.Kernel.TransportHost.Heard(TestNode.IdOf(3), time.GetUtcNow());
        Assert.That((await b.Kernel.MetricsAsync()).ClockHeld, Is.False);
    }

    private static async Task AddAsync(TestNode node, bool sendOnly)
    {
        var peer = new Peer("one", TestNode.IdOf(1), [new PeerAddress("wire", "wire:1")]) { SendOnly = sendOnly };
        Assert.That(await node.Kernel.Peers.PutAsync(peer), Is.EqualTo(PeerChange.Done));
    }
}
