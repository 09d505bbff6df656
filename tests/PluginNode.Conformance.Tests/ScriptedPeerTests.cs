using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

[TestFixture]
public sealed class ScriptedPeerTests
{
    private static readonly PeerAddress Anywhere = new("scripted", "scripted:x");

    private readonly Frame[] _frames = SomeFrames.Of(2, 20);
    private readonly PeerId _someone = SomePeers.New(new SeededChance(3));

    [Test]
    public async Task Send_NoScript_IsDeliveredAndRecorded()
    {
        var peer = new ScriptedPeer();
        Assert.That(await StatusesAsync(peer), Is.EqualTo([SendStatus.Delivered, SendStatus.Delivered]));
        var (to, frames) = peer.Calls.Single();
        Assert.That((to, frames[1].Id), Is.EqualTo((_someone, _frames[1].Id)));
        Assert.That(frames[1].Bytes.ToArray(), Is.EqualTo(_frames[1].Bytes.ToArray()));
    }

    [Test]
    public async Task Send_Script_IsFollowedAndItsLastLineGoesOn()
    {
        var peer = new ScriptedPeer(
            Answers.Each(SendStatus.Delivered, SendStatus.Duplicate),
            Answers.Throws(new IOException("gone")),
            Answers.Nothing(),
            Answers.All(SendStatus.Refused, "no"));
        Assert.That(await StatusesAsync(peer), Is.EqualTo([SendStatus.Delivered, SendStatus.Duplicate]));
        Assert.That(() => StatusesAsync(peer), Throws.TypeOf<IOException>());
        Assert.That(await StatusesAsync(peer), Is.Empty);
        for (var i = 0; i < 2; i++)
            Assert.That(await StatusesAsync(peer), Is.EqualTo([SendStatus.Refused, SendStatus.Refused]));
        Assert.That(peer.Calls, Has.Count.EqualTo(5));
    }

    [Test]
    public async Task Garbage_IsAboutFramesThatNobodySent()
    {
        var outcomes = await new ScriptedPeer(Answers.Garbage()).SendAsync(_someone, Anywhere, _frames, default);
        Assert.That(outcomes, Has.Count.EqualTo(3));
        Assert.That(outcomes.Select(o => o.Id).Intersect(_frames.Select(f => f.Id)), Is.Empty);
    }

    [Test]
    public async Task Hangs_EndsWhenCancelled()
    {
        using var cancel = new CancellationTokenSource();
        var send = new ScriptedPeer(Answers.Hangs()).SendAsync(_someone, Anywhere, _frames, cancel.Token);
        Assert.That(send.IsCompleted, Is.False);
        await cancel.CancelAsync();
        Assert.That(await send, Is.Empty);
    }

    [Test]
    public async Task After_WaitsForTheTest()
    {
        var go = new TaskCompletionSource();
        var peer = new ScriptedPeer(Answers.After(go.Task, Answers.All(SendStatus.Sent)));
        var send = peer.SendAsync(_someone, Anywhere, _frames, default);
        Assert.That(send.IsCompleted, Is.False);
        go.SetResult();
        Assert.That((await send).Select(o => o.Status), Is.All.EqualTo(SendStatus.Sent));
    }

    [Test]
    public async Task Receive_AsTheHostOfATransport_AnswersByTheSameScript()
    {
        var (network, peers) = (new MemoryNetwork(), new MemoryPeers());
        peers.Add(_someone);
        var host = new ScriptedPeer(Answers.Garbage(), Answers.Throws(new IOException("full")), Answers.Each(
            SendStatus.Retry, SendStatus.Delivered));
        var transport = network.Create(_someone, peers);
        await transport.StartAsync(host, default);
        var told = new List<SendStatus>();
        for (var i = 0; i < 3; i++)
            told.AddRange((await transport.SendAsync(_someone, MemoryNetwork.AddressOf(_someone), _frames, default))
                .Select(o => o.Status));
        await transport.StopAsync(default);
        Assert.That(told.Count(s => s == SendStatus.Retry), Is.EqualTo(5));
        Assert.That(told[^1], Is.EqualTo(SendStatus.Delivered));
        Assert.That(host.Calls.Select(c => c.Frames[0].Id), Is.All.EqualTo(_frames[0].Id));
        Assert.That(host.HeardOf, Is.Not.Empty);
        Assert.That(host.HeardOf.Select(h => h.Peer), Is.All.EqualTo(_someone));
    }

    [Test]
    public async Task Host_IsThereWhileItRuns()
    {
        var (peer, host) = (new ScriptedPeer(), new RecordingHost());
        await peer.StartAsync(host, default);
        Assert.That(peer.Host, Is.SameAs(host));
        await peer.StopAsync(default);
        Assert.That(peer.Host, Is.Null);
    }

    private async Task<IEnumerable<SendStatus>> StatusesAsync(ScriptedPeer peer) =>
        (await peer.SendAsync(_someone, Anywhere, _frames, default)).Select(o => o.Status);
}
