using System.Net;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Ping;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Hostile;

/// <summary>Who is not in the peer list may come, but keeps nobody out who is.</summary>
[TestFixture]
internal sealed class StrangersTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<Libp2pHost> _hosts = [];

    [TearDown]
    public async Task TearDown()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        _hosts.Clear();
    }

    [Test]
    public async Task Strangers_WhoPingInEveryPlace_KeepNoListedPeerOut()
    {
        var (a, b) = await TransportNode.PairAsync(
            new Libp2pOptions { Listen = ["/ip4/127.0.0.1/tcp/0"], MaxConnections = 3 }, TransportNode.DialsOnly);
        await using var _ = a;
        await using var __ = b;
        var strangers = new List<Connection>();
        for (var i = 0; i < 3; i++) strangers.Add(await PingingAsync(a));
        var late = await DialAsync(a);
        await late.Completion.SoonAsync();
        Assert.That(strangers.Select(s => s.Completion.IsCompleted), Is.All.False, "strangers stay as they came");

        var outcome = (await b.SendAsync(a, SomeFrames.Of(1, 20))).Single();

        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Delivered), outcome.Reason);
        await strangers[0].Completion.SoonAsync();
        Assert.That(strangers.Skip(1).Select(s => s.Completion.IsCompleted), Is.All.False, "the oldest one goes");
        await Patience.UntilAsync(() => a.Transport.Connections.Count == 3, "no more than there are places");
    }

    [Test]
    public async Task Stranger_WhoOnlyPings_IsClosedWhenItsTimeIsUp()
    {
        var host = Host();
        var (known, stranger) = (Host(), Host());
        host.IsKnown = peer => peer == known.Self;
        var address = host.ListenHere();
        var connections = new List<Connection>();
        foreach (var peer in (Libp2pHost[])[known, stranger])
        {
            var connection = await peer.ConnectAsync(host.Self, [address], default).SoonAsync();
            connections.Add(connection);
            await PingAsync(connection);
            await Patience.UntilAsync(
                () => connection is { Identified: not null, StreamCount: 1 }, "it does nothing else");
        }
        await Patience.UntilAsync(() => host.Connections.All(c => c.StreamCount == 1), "there, too");
        for (var i = 0; i < 31 && !connections[1].Completion.IsCompleted; i++)
        {
            await AnsweredAsync(connections);
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        await connections[1].Completion.SoonAsync();
        Assert.That(connections[0].Completion.IsCompleted, Is.False);
    }

    [Test]
    public void Gate_Full_TakesAKnownPeerInTheOldestStrangersPlace()
    {
        var (one, other, known) = (Peer(), Peer(), Peer());
        var gate = new InboundGate(new HostOptions { MostInbound = 2 }, _time, p => p == known);
        var (first, second) = (Enter(gate, "10.0.0.1"), Enter(gate, "10.0.0.2"));
        Assert.That((first.TryStay(one), second.TryStay(other)), Is.EqualTo((true, true)));
        Assert.That(Enter(gate, "10.0.0.3").TryStay(Peer()), Is.False, "one stranger makes no room for another");
        var place = Enter(gate, "10.0.0.4");
        Assert.That(place.TryStay(known));
        Assert.That((first.IsCut, second.IsCut), Is.EqualTo((true, false)));
        Assert.That(((Stream)first.Connection).CanRead, Is.False, "it was closed");
    }

    [Test]
    public void Gate_FullOfKnownPeers_TakesOneInItsOwnEarlierPlace_AndNoOtherOne()
    {
        var (one, other) = (Peer(), Peer());
        var gate = new InboundGate(new HostOptions { MostInbound = 2 }, _time, _ => true);
        var (first, second) = (Enter(gate, "10.0.0.1"), Enter(gate, "10.0.0.2"));
        Assert.That((first.TryStay(one), second.TryStay(other)), Is.EqualTo((true, true)));
        Assert.That(Enter(gate, "10.0.0.3").TryStay(Peer()), Is.False);
        Assert.That(Enter(gate, "10.0.0.4").TryStay(other));
        Assert.That((first.IsCut, second.IsCut), Is.EqualTo((false, true)));
    }

    [Test]
    public void Gate_NetworkFull_MakesRoomForAKnownPeerOfIt_AmongItsOwnStrangers()
    {
        var known = Peer();
        var gate = new InboundGate(new HostOptions { MostInboundPerAddress = 1 }, _time, p => p == known);
        var (elsewhere, here) = (Enter(gate, "10.0.0.1"), Enter(gate, "10.0.0.2"));
        Assert.That((elsewhere.TryStay(Peer()), here.TryStay(Peer())), Is.EqualTo((true, true)));
        Assert.That(Enter(gate, "10.0.0.2").TryStay(known));
        Assert.That((elsewhere.IsCut, here.IsCut), Is.EqualTo((false, true)));
        Assert.That(gate.Taken, Is.EqualTo(2));
    }

    private static PeerId Peer() => TestIdentity.Fresh().Self;

    private static InboundGate.Place Enter(InboundGate gate, string address) =>
        gate.TryEnter(IPAddress.Parse(address), new MemoryStream()) ?? throw new AssertionException("There is room.");

    private static async Task<ProtocolStream> PingAsync(Connection connection)
    {
        var stream = await connection.OpenStreamAsync([PingProtocol.Id], default).SoonAsync();
        await stream.WriteAsync(new byte[32]);
        await stream.ReadExactlyAsync(new byte[32]).AsTask().SoonAsync();
        return stream; // open, as long as nobody ends it
    }

    // So that none is taken for dead when time passes.
    private static async Task AnsweredAsync(List<Connection> connections)
    {
        foreach (var connection in connections.Where(c => !c.Completion.IsCompleted)) await PingAndEndAsync(connection);
    }

    private static async Task PingAndEndAsync(Connection connection)
    {
        await using var stream = await PingAsync(connection);
        await stream.CloseWriteAsync();
        await stream.ReadToEndAsync().SoonAsync();
    }

    private async Task<Connection> DialAsync(TransportNode to)
    {
        var host = Some.Host();
        _hosts.Add(host);
        return await host.ConnectAsync(
            to.Id, [Addressing.Multiaddr.Parse(to.Address.Text)], default).SoonAsync();
    }

    private async Task<Connection> PingingAsync(TransportNode to)
    {
        var connection = await DialAsync(to);
        await PingAsync(connection);
        return connection;
    }

    private Libp2pHost Host()
    {
        var host = Some.Host(time: _time);
        _hosts.Add(host);
        return host;
    }
}
