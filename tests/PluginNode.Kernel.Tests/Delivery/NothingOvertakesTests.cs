using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>A frame that does not arrive holds back its lane: what went past it would make it a duplicate when it
/// comes, and it would be lost.</summary>
[TestFixture]
public sealed class NothingOvertakesTests
{
    private const int Small = 100;

    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task AFrameThatThePeerCannotDecode_IsNotOvertaken()
    {
        var spoilt = 0;
        _network.Intercept = (from, to, frames, go) =>
        {
            if (frames.Count < 2 || spoilt++ > 0) return go();
            var bytes = frames[0].Bytes.ToArray();
            Assert.That(bytes[..2], Is.EqualTo(new byte[] { 0x08, 1 }), "field 1 is the version");
            bytes[1] = 2;
            return _network.DeliverAsync(from, to, [frames[0] with { Bytes = bytes }, .. frames.Skip(1)]);
        };
        await using var a = await StartWithTwoInOneWindowAsync("first", "second");
        await using var b = await TestNode.StartAsync(_network, 2);
        await a.Kernel.Peers.PauseAsync("peer-2", paused: false);
        a.Kernel.PeerChanged(b.Id);

        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "first", "second" }));
        Assert.That(spoilt, Is.GreaterThan(0));
    }

    [Test]
    public async Task AFrameThatTheTransportCannotMoveNow_IsNotOvertaken()
    {
        var first = new string('x', 5_000);
        _network.MaxFrameBytes = 2_000;
        var tried = new TaskCompletionSource();
        _network.Intercept = (_, _, frames, go) =>
        {
            if (frames.Count > 0) tried.TrySetResult();
            return go();
        };
        await using var a = await StartWithTwoInOneWindowAsync(first, "second");
        await using var b = await TestNode.StartAsync(_network, 2);
        await a.Kernel.Peers.PauseAsync("peer-2", paused: false);
        a.Kernel.PeerChanged(b.Id);
        await a.SendAsync(2, "other", key: "other lane");
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "other" }), "other lanes go on");
        _network.MaxFrameBytes = 20_000;

        Assert.That(await b.ReceiveAsync(3), Is.EqualTo(new[] { "other", first, "second" }));
    }

    [Test]
    public async Task AMessageOverThePeersLimit_IsADeadLetter_AndTheLaneGoesOn()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var options = TestNode.Options with { Limits = new OutboxLimits { Payload = Small } };
        await using var b = await TestNode.StartAsync(_network, 2, options: options);

        var large = await a.SendAsync(2, new string('x', 300_000));
        await a.SendAsync(2, "small");

        var end = await a.EndOfAsync(large.Id);
        Assert.That(end.State, Is.EqualTo(MessageState.Dead));
        Assert.That(end.Reason, Does.Contain($"{Small} bytes"));
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "small" }));
    }

    [Test]
    public async Task AMessageAtEveryLimit_Arrives()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        var limit = TestNode.Options.Limits.Payload;
        var reply = await a.Kernel.Outbox.SendAsync(
            new SendRequest
            {
                To = b.Id, Protocol = new string('漢', 255), Level = "critical", Key = new string('漢', 255),
                Payload = new byte[limit],
                Attributes = new Dictionary<string, string> { ["a"] = new('漢', (16 * 1024) - 1) },
            },
            CancellationToken.None);

        Assert.That(reply.Verdict, Is.EqualTo(SendVerdict.Accepted), reply.Reason);
        Assert.That((await a.EndOfAsync(reply.Id)).State, Is.EqualTo(MessageState.Delivered));
    }

    private async Task<TestNode> StartWithTwoInOneWindowAsync(string first, string second)
    {
        var a = await TestNode.StartAsync(_network, 1);
        await a.Kernel.Peers.PauseAsync("peer-2", paused: true);
        await a.SendAsync(2, first);
        await a.SendAsync(2, second);
        return a;
    }
}
