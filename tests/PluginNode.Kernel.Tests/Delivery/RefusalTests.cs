using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>A verdict that ends a message has to reach its sender, whatever happens to the first answer.</summary>
[TestFixture]
public sealed class RefusalTests
{
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    /// <summary>With a larger inbox next time, or the lane gone on, it would look like a duplicate: delivered, and
    /// nowhere to be found.</summary>
    [Test]
    public async Task Refused_ButTheAnswerIsLost_IsStillADeadLetter_AndTheLaneGoesOn()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        var tooLarge = await a.SendAsync(2, new string('x', 200));
        await a.SendAsync(2, "next");
        var small = TestNode.Options with { Limits = new OutboxLimits { Payload = 100 } };
        await using var b = await TestNode.StartAsync(_network, 2, options: small);
        var lost = 0;
        _network.Intercept = async (_, _, frames, go) =>
        {
            var outcomes = await go();
            return frames.Any(f => f.Id == tooLarge.Id) && lost++ == 0 ? [] : outcomes;
        };
        await a.Kernel.Peers.PauseAsync("peer-2", false);
        a.Kernel.PeerChanged(b.Id);
        var end = await a.EndOfAsync(tooLarge.Id);
        Assert.That(end.State, Is.EqualTo(MessageState.Dead));
        Assert.That(end.Reason, Is.EqualTo("refused: the payload has more than 100 bytes"));
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "next" }));
        Assert.That(lost, Is.GreaterThan(1));
    }

    /// <summary>Told to come again it would block its lane for ever.</summary>
    [TestCase(50_000, 100, long.MaxValue, "the payload has more than 100 bytes")]
    [TestCase(50_000, 16 << 20, 40_000, "the payload is larger than the inbox here, 40000 bytes")]
    public async Task Send_WhatThePeerCanNeverTake_IsRefusedAtOnce(int bytes, int payload, long inbox, string reason)
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var small = TestNode.Options with
        {
            Limits = new OutboxLimits { Payload = payload }, Inbox = new InboxLimits { BytesPerPeer = inbox },
        };
        await using var b = await TestNode.StartAsync(_network, 2, options: small);
        var sent = await a.SendAsync(2, new string('x', bytes));
        Assert.That((await a.EndOfAsync(sent.Id)).Reason, Is.EqualTo($"refused: {reason}"));
    }
}
