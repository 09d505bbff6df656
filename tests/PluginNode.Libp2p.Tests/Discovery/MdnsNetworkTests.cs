using System.Net;
using System.Net.Sockets;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Libp2p.Fakes;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Discovery;

/// <summary>Nodes find each other with real datagrams, on the loopback and on a port of their own.</summary>
[TestFixture]
internal sealed class MdnsNetworkTests
{
    private readonly List<TransportNode> _nodes = [];
    private UdpLink _wire = null!;
    private int _port;

    [SetUp]
    public async Task SetUp()
    {
        _nodes.Clear();
        using (var free = new UdpClient(0, AddressFamily.InterNetwork))
            _port = ((IPEndPoint)free.Client.LocalEndPoint!).Port;
        try
        {
            _wire = new UdpLink(Site.Now([IPAddress.Loopback]).First(s => s.Group.Equals(Site.Group4)), _port);
            await _wire.SendAsync("heard?"u8.ToArray(), default);
            using var patience = new CancellationTokenSource(Patience.Long);
            Assert.That(await _wire.ReceiveAsync(new byte[100], patience.Token), Is.EqualTo(6));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            Assert.Ignore($"There is no multicast on the loopback here: {e.Message}");
        }
    }

    [TearDown]
    public async Task TearDown()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        _wire?.Dispose();
    }

    [Test]
    public async Task Nodes_ThatKnowEachOther_FindEachOther_AndSend()
    {
        var (a, b) = (Node(), Node());
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        await Patience.UntilAsync(() => a.Changes.Contains((b.Id, true)), "a has b");
        await Patience.UntilAsync(() => b.Changes.Contains((a.Id, true)), "b has a");
        var outcomes = await a.SendAsync(b.Id, TransportNode.Parse($"/p2p/{b.Id}"), SomeFrames.Of(1, 20));
        Assert.That(outcomes.Single().Status, Is.EqualTo(SendStatus.Delivered), outcomes.Single().Reason);
        await Patience.UntilAsync(() => a.Logs.Lines.Any(l => l.Event.Id == 3220), "whoever of them was first");
    }

    [Test]
    public async Task Peer_WithADeadAddress_IsReachedWhereItWasFound()
    {
        var (a, b) = (Node(), Node());
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        await Patience.UntilAsync(() => a.Logs.Lines.Any(l => l.Event.Id == 3220), "a has found b");
        await Patience.UntilAsync(() => a.Changes.Contains((b.Id, true)), "a has b");
        // what was found is used for a new connection, too
        foreach (var connection in a.Transport.Connections) await connection.CloseAsync();
        var dead = TransportNode.Parse($"/ip4/127.0.0.1/tcp/1/p2p/{b.Id}");
        var outcomes = await a.SendAsync(b.Id, dead, SomeFrames.Of(1, 20));
        Assert.That(outcomes.Single().Status, Is.EqualTo(SendStatus.Delivered), outcomes.Single().Reason);
    }

    [Test]
    public async Task Stranger_IsProposed_AndNotConnectedWith()
    {
        var (a, b) = (Node(), Node());
        b.Peers.Add(a.Id); // but not the other way round
        await a.StartAsync();
        await b.StartAsync();
        await Patience.UntilAsync(() => a.Logs.Lines.Any(l => l.Event.Id == 3221), "b is proposed");
        await Patience.UntilAsync(() => a.Transport.Connections.Count > 0, "b, which knows a, has found it");
        Assert.That(a.Transport.Connections, Has.None.Matches<Hosting.Connection>(c => !c.IsInbound));
        var outcomes = await a.SendAsync(b.Id, TransportNode.Parse($"/p2p/{b.Id}"), SomeFrames.Of(1, 20));
        Assert.That(outcomes.Single().Status, Is.EqualTo(SendStatus.Delivered), "over the connection that b has made");
    }

    [Test]
    public async Task Peer_WhoSaysItIsAnother_IsNotBelieved()
    {
        var (a, b, claimed) = (Node(), Node(), TestIdentity.Fresh().Self);
        a.Peers.Add(claimed);
        await a.StartAsync();
        var heard = new byte[DnsMessage.MostBytes];
        while (!heard.AsSpan(0, await _wire.ReceiveAsync(heard, default).SoonAsync()).SequenceEqual(PeerService.Query))
        {
            // until it asks, and so listens
        }
        await b.StartAsync();
        var lie = new PeerService(claimed, new SeededChance(1)).Answer(
            Asked.Peers, [Addressing.Multiaddr.Parse(b.Address.Text) with { Peer = null }], 300);
        await _wire.SendAsync(lie, default);
        await Patience.UntilAsync(() => a.Logs.Lines.Any(l => l.Event.Id == 3224), "it was dialled in vain");
        Assert.That(a.Changes, Is.Empty);
        var outcomes = await a.SendAsync(claimed, TransportNode.Parse($"/p2p/{claimed}"), SomeFrames.Of(1, 20));
        Assert.That(outcomes.Single().Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcomes.Single().Reason, Does.Contain("The remote is 12D3Koo"));
    }

    [Test]
    public async Task Address_OfNobodyFound_SaysSo()
    {
        var a = await Node().StartAsync();
        var peer = TestIdentity.Fresh().Self;
        var outcomes = await a.SendAsync(peer, TransportNode.Parse($"/p2p/{peer}"), SomeFrames.Of(1, 20));
        Assert.That(outcomes.Single().Reason, Does.Contain("nor was it found by mDNS"));
        outcomes = await a.SendAsync(peer, TransportNode.Parse($"/p2p/{a.Id}"), SomeFrames.Of(1, 20));
        Assert.That(outcomes.Single().Reason, Does.Contain("the address is not"));
    }

    [Test]
    public async Task Stop_LeavesNoSocket()
    {
        await CycleAsync(); // what is made once and kept
        var before = Sockets();
        for (var i = 0; i < 5; i++) await CycleAsync();
        Assert.That(Sockets(), Is.LessThanOrEqualTo(before));
        using var alone = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _wire.Dispose();
        alone.ExclusiveAddressUse = true;
        Assert.That(() => alone.Bind(new IPEndPoint(IPAddress.Any, _port)), Throws.Nothing, "the port is free");

        async Task CycleAsync()
        {
            var node = await Node().StartAsync();
            await _wire.SendAsync(PeerService.Query, default);
            await node.DisposeAsync();
            _nodes.Remove(node);
        }
    }

    [Test]
    public void Sites_AreWhereItListens()
    {
        var loopback = Site.Now([IPAddress.Loopback]);
        Assert.That(loopback, Is.Not.Empty);
        Assert.That(loopback, Has.All.Matches<Site>(s => s.IsLoopback));
        Assert.That(Site.Now([]), Has.All.Matches<Site>(s => !s.IsLoopback));
        Assert.That(Site.Now([IPAddress.Any]).Select(s => s.Key), Is.EqualTo(Site.Now([]).Select(s => s.Key)));
        Assert.That(Site.Now([IPAddress.Parse("192.0.2.77")]), Is.Empty);
    }

    [Test]
    public void Site_TellsWhatIsListenedOnThere()
    {
        var site = new Site("lan", 1, Site.Group4, [IPAddress.Parse("10.0.0.7"), IPAddress.Parse("fd00::7")]);
        Assert.Multiple(() =>
        {
            Assert.That(
                Told("/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/2"), Is.EqualTo("/ip4/10.0.0.7/tcp/1 /ip6/fd00::7/tcp/2"));
            Assert.That(Told("/ip4/10.0.0.7/tcp/1", "/ip4/127.0.0.1/tcp/2"), Is.EqualTo("/ip4/10.0.0.7/tcp/1"));
            Assert.That(Told("/ip4/10.0.0.8/tcp/1"), Is.Empty);
            Assert.That(
                string.Join(' ', site.Told([], [Addressing.Multiaddr.Parse("/dns4/a.example/tcp/1")])),
                Is.EqualTo("/dns4/a.example/tcp/1"));
        });

        string Told(params string[] listening) =>
            string.Join(' ', site.Told(listening.Select(Addressing.Multiaddr.Parse), []));
    }

    // Where the system shows them.
    private static int Sockets() => !Directory.Exists("/proc/self/fd") ? 0
        : Directory.EnumerateFiles("/proc/self/fd").Count(
            f => new FileInfo(f).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    private TransportNode Node()
    {
        var node = new TransportNode(
            new Libp2pOptions { Listen = ["/ip4/127.0.0.1/tcp/0"], Mdns = true, MdnsPort = _port });
        _nodes.Add(node);
        return node;
    }
}
