using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Libp2p.Hostile;

/// <summary>Who connects and dawdles is cut, and keeps nobody else out.</summary>
[TestFixture]
internal sealed class SlowHandshakeTests
{
    private static readonly byte[] Begin = [.. "\x13/multistream/1.0.0\n"u8, .. "\x07/noise\n"u8];
    private static readonly TimeSpan Limit = new HostOptions().HandshakeTimeout;

    private readonly ManualTimeProvider _time = new();
    private readonly List<TcpClient> _clients = [];

    [TearDown]
    public void TearDown() => _clients.ForEach(c => c.Dispose());

    [Test]
    public async Task Handshake_AByteAtATime_IsCutWhenItsTimeIsUp()
    {
        await using var host = Host(new HostOptions());
        var client = await DawdleAsync(host, host.ListenHere());
        for (var i = 0; i < 10; i++)
        {
            Assert.That(host.PlacesTaken, Is.EqualTo(1), "its time is not up");
            await client.WriteAsync(Begin.AsMemory(i, 1));
            _time.Advance(Limit / 10);
        }
        await EndAsync(client);
        await Patience.UntilAsync(() => host.PlacesTaken == 0, "its place is free");
    }

    [Test]
    public async Task Handshakes_ThatDawdleInEveryPlace_MakeRoomForOthers()
    {
        await using var host = Host(new HostOptions { MostHandshakes = 4 });
        var address = host.ListenHere();
        var slow = new List<NetworkStream>();
        for (var i = 0; i < 4; i++) slow.Add(await DawdleAsync(host, address));
        await using var refused = Some.Host();
        Assert.That(
            await Patience.FaultOfAsync(() => refused.ConnectAsync(host.Self, [address], default)),
            Is.Not.EqualTo(Libp2pFault.TimedOut), "all have just begun: none of them is slow");

        _time.Advance(Limit / 10);
        await using var another = Some.Host();
        await another.ConnectAsync(host.Self, [address], default).SoonAsync();
        await EndAsync(slow[0]);
        await Patience.UntilAsync(() => host.PlacesTaken == 4, "three that dawdle and one that does not");
    }

    [Test]
    public void Gate_Full_TakesTheOldestPlaceOfWhoHasTheMost()
    {
        var gate = new InboundGate(new HostOptions { MostHandshakes = 3 }, _time, _ => false);
        var alone = Enter(gate, "10.0.0.1");
        var first = Enter(gate, "10.0.0.2");
        var second = Enter(gate, "10.0.0.2");
        Assert.That(gate.TryEnter(IPAddress.Parse("10.0.0.3"), new MemoryStream()), Is.Null, "nobody is slow yet");
        _time.Advance(Limit / 10);
        Enter(gate, "10.0.0.3");
        Assert.That((alone.IsCut, first.IsCut, second.IsCut), Is.EqualTo((false, true, false)));
        Assert.That(((Stream)first.Connection).CanRead, Is.False, "it was closed");
        Assert.That(gate.Taken, Is.EqualTo(3), "its place is the other one's");
        first.Dispose();
        Assert.That(gate.Taken, Is.EqualTo(3), "it had none any more");
        Assert.That(first.TryStay(TestIdentity.Fresh().Self), Is.False, "its handshake was done too late");
        alone.Dispose();
        alone.Dispose();
        Assert.That(gate.Taken, Is.EqualTo(2));
    }

    [Test]
    public void Gate_FullOfOneNetworksHandshakes_TakesASlowOneOfItsOwn()
    {
        var gate = new InboundGate(new HostOptions { MostInboundPerAddress = 2 }, _time, _ => false);
        var other = Enter(gate, "10.0.0.1");
        var first = Enter(gate, "10.0.0.2");
        Enter(gate, "10.0.0.2");
        Assert.That(gate.TryEnter(IPAddress.Parse("10.0.0.2"), new MemoryStream()), Is.Null, "nobody is slow yet");
        _time.Advance(Limit / 10);
        Enter(gate, "10.0.0.2");
        Assert.That((other.IsCut, first.IsCut), Is.EqualTo((false, true)));
    }

    [Test]
    public void Gate_HandshakesThatAreDone_AreNeverCut()
    {
        var gate = new InboundGate(new HostOptions { MostHandshakes = 1 }, _time, _ => false);
        var done = Enter(gate, "10.0.0.1");
        Assert.That(done.TryStay(TestIdentity.Fresh().Self));
        _time.Advance(Limit);
        var slow = Enter(gate, "10.0.0.2");
        _time.Advance(Limit);
        Enter(gate, "10.0.0.3");
        Assert.That((done.IsCut, slow.IsCut), Is.EqualTo((false, true)));
    }

    private static InboundGate.Place Enter(InboundGate gate, string address) =>
        gate.TryEnter(IPAddress.Parse(address), new MemoryStream()) ?? throw new AssertionException("There is room.");

    private Libp2pHost Host(HostOptions options) =>
        new(TestIdentity.Fresh(), options, _time, NullLogger.Instance);

    // Has been let in, and its time runs.
    private async Task<NetworkStream> DawdleAsync(Libp2pHost host, Multiaddr address)
    {
        var client = new TcpClient();
        _clients.Add(client);
        var places = host.PlacesTaken;
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        await Patience.UntilAsync(() => host.PlacesTaken > places, "it is let in");
        Assert.That(await client.GetStream().ReadAsync(new byte[20]).SoonAsync(), Is.EqualTo(20), "the header");
        return client.GetStream();
    }

    private static async Task EndAsync(NetworkStream stream)
    {
        try
        {
            Assert.That(await stream.ReadAsync(new byte[1]).SoonAsync(), Is.Zero);
        }
        catch (IOException)
        {
            // torn down with bytes of its own unread: an end as well
        }
    }
}
