using PluginNode.Conformance;
using System.Net;
using System.Net.Sockets;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Transports;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class LifeTests
{
    private readonly KeyRing _ring = new();

    [Test]
    public async Task Start_PortInUse_NamesTheSettingAndStopDoesNothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var node = new TestNode(_ring, new() { Listen = $"http://{listener.LocalEndpoint}" });

        var problem = Assert.ThrowsAsync<TransportException>(async () => await node.StartAsync());

        Assert.That(problem!.Message, Does.Contain("plugins.settings.mesh-http.listen"));
        Assert.That(problem.Message, Does.Contain(listener.LocalEndpoint.ToString()));
        Assert.That(node.Transport.BoundAddress, Is.Null);
    }

    [Test]
    public void Start_AddressOfNobodyHere_IsTransportException()
    {
        var node = new TestNode(_ring, new() { Listen = "http://203.0.113.7:0" });

        Assert.ThrowsAsync<TransportException>(async () => await node.StartAsync());
    }

    [Test]
    public async Task Stop_ThenStartAnother_ThePortIsFree()
    {
        var first = await new TestNode(_ring).StartAsync();
        var sender = await new TestNode(_ring, new() { Listen = "" }).StartAsync();
        first.Peers.Add(sender.Id);
        await sender.SendAsync(first, SomeFrame());
        var port = first.Url.Port;

        await first.DisposeAsync();
        await using var second = await new TestNode(_ring, new() { Listen = $"http://127.0.0.1:{port}" }).StartAsync();

        Assert.That(second.Url.Port, Is.EqualTo(port));
        await sender.DisposeAsync();
    }

    [Test]
    public async Task Stop_WhileReceiving_LetsItFinish()
    {
        var bob = await new TestNode(_ring).StartAsync();
        await using var alice = await new TestNode(_ring, new() { Listen = "" }).StartAsync();
        bob.Peers.Add(alice.Id);
        var arrived = Signal.New();
        var go = Signal.New();
        bob.Host.Before = _ =>
        {
            arrived.SetResult();
            return go.Task;
        };
        var send = alice.SendAsync(bob, SomeFrame());
        await arrived.Task;

        var stop = bob.Transport.StopAsync(CancellationToken.None);
        Assert.That(stop.IsCompleted, Is.False);
        go.SetResult();
        await stop;

        Assert.That((await send)[0].Status, Is.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task Stop_Cancelled_CutsOffWhatIsBeingReceived()
    {
        var bob = await new TestNode(_ring).StartAsync();
        await using var alice = await new TestNode(_ring, new() { Listen = "" }).StartAsync();
        bob.Peers.Add(alice.Id);
        var arrived = Signal.New();
        bob.Host.Before = cancellation =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        var send = alice.SendAsync(bob, SomeFrame());
        await arrived.Task;

        await bob.Transport.StopAsync(new CancellationToken(canceled: true));

        Assert.That((await send)[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(bob.Host.Frames, Is.Empty);
    }

    [Test]
    public async Task Stop_WhileSending_EndsTheSendWithRetry()
    {
        var bob = _ring.NewSigner();
        var alice = await new TestNode(_ring, new() { Listen = "" }).StartAsync();
        var asked = Signal.New();
        await using var server = new FakeServer(_ =>
        {
            asked.SetResult();
            return (byte[]?)null;
        });
        var send = alice.SendAsync(bob.Self, server.Address, SomeFrame());
        await asked.Task;

        await alice.DisposeAsync();

        Assert.That(send.IsCompletedSuccessfully || (await send).Count == 1, Is.True);
        Assert.That((await send)[0].Status, Is.EqualTo(SendStatus.Retry));
    }

    [Test]
    public async Task Send_NotStartedOrStopped_IsRetry()
    {
        var node = new TestNode(_ring);
        var peer = _ring.NewSigner().Self;
        var before = await node.SendAsync(peer, Parse("mesh+http://127.0.0.1:1"), SomeFrame());
        await node.StartAsync();
        await node.DisposeAsync();
        var after = await node.SendAsync(peer, Parse("mesh+http://127.0.0.1:1"), SomeFrame());

        Assert.That(before[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(after[0].Status, Is.EqualTo(SendStatus.Retry));
    }

    [Test]
    public async Task Start_ListenEmpty_SendsOnly()
    {
        await using var node = await new TestNode(_ring, new() { Listen = "" }).StartAsync();

        Assert.That(node.Transport.BoundAddress, Is.Null);
        Assert.That(node.Transport.MaxFrameBytes, Is.LessThan(24 << 20).And.GreaterThan(23 << 20));
    }

    [Test]
    public async Task Receive_PeerHasItsShareOfTheRoom_IsToldRetryAndAnotherIsServed()
    {
        var options = new MeshHttpOptions { Listen = "http://127.0.0.1:0", SendTimeout = "300ms" };
        await using var bob = await new TestNode(_ring, options).StartAsync();
        await using var alice = await new TestNode(_ring, new() { Listen = "", SendTimeout = "50s" }).StartAsync();
        await using var carol = await new TestNode(_ring, new() { Listen = "", SendTimeout = "50s" }).StartAsync();
        bob.Peers.Add(alice.Id);
        bob.Peers.Add(carol.Id);
        var go = Signal.New();
        var inside = Signal.New();
        bob.Host.Before = _ => inside.TrySetResult() ? go.Task : Task.CompletedTask;
        // two bodies of 20 MiB are more than a quarter of the room
        var first = alice.SendAsync(bob, SomeFrame(20 << 20));
        await inside.Task;

        var second = await alice.SendAsync(bob, SomeFrame(20 << 20));
        var other = await carol.SendAsync(bob, SomeFrame(20 << 20));
        go.SetResult();

        Assert.That(second[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(second[0].Reason, Does.Contain("too much"));
        Assert.That(other[0].Status, Is.EqualTo(SendStatus.Delivered), other[0].Reason);
        Assert.That((await first)[0].Status, Is.EqualTo(SendStatus.Delivered));
    }
}
