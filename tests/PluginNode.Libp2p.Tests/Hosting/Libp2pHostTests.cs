using System.Net;
using System.Net.Sockets;
using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Noise;

namespace PluginNode.Libp2p.Hosting;

[TestFixture]
internal sealed class Libp2pHostTests
{
    [Test]
    public async Task Stream_BetweenTwoHosts_EchoesBothWays_OnOneConnection()
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        foreach (var host in (Libp2pHost[])[a, b])
            host.Handle("/echo", async (s, stop) => await s.CopyToAsync(s, stop));
        var address = b.ListenHere();
        Assert.That(await EchoAsync(a, b, address), Is.EqualTo(100_000));
        Assert.That(await EchoAsync(b, a, null), Is.EqualTo(100_000));
        Assert.That((a.Connections.Count, b.Connections.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Dial_SeveralCallersAtOnce_ShareAConnection()
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        var address = b.ListenHere();
        var all = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => a.ConnectAsync(b.Self, [address], default))).SoonAsync();
        Assert.That(all.Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Dial_BothAtOnce_BothUseTheSameConnection([Range(1, 5)] int _)
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        var (toA, toB) = (a.ListenHere(), b.ListenHere());
        await Task.WhenAll(a.ConnectAsync(b.Self, [toB], default), b.ConnectAsync(a.Self, [toA], default)).SoonAsync();
        await Patience.UntilAsync(() => AllMadeBy(a, b) && AllMadeBy(b, a), "both know of all connections");
        var used = (await a.ConnectAsync(b.Self, [], default), await b.ConnectAsync(a.Self, [], default));
        Assert.That(used.Item1.IsInbound, Is.Not.EqualTo(used.Item2.IsInbound));

        static bool AllMadeBy(Libp2pHost one, Libp2pHost other) =>
            one.Connections.Count(c => !c.IsInbound) == other.Connections.Count(c => c.IsInbound);
    }

    [Test]
    public async Task Dial_WhileTheLastConnectionEnds_MakesANewOne()
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        b.Handle("/echo", async (s, stop) => await s.CopyToAsync(s, stop));
        var address = b.ListenHere();
        for (var i = 0; i < 20; i++)
        {
            var connection = await a.ConnectAsync(b.Self, [address], default).SoonAsync();
            var closing = connection.CloseAsync();
            var another = await a.ConnectAsync(b.Self, [address], default).SoonAsync();
            Assert.That(another, Is.Not.SameAs(connection));
            await closing.SoonAsync();
            Assert.That(await EchoAsync(a, b, address), Is.EqualTo(100_000));
            await another.CloseAsync().SoonAsync();
        }
    }

    [Test]
    public async Task Dial_FirstAddressIsDead_TheNextOneIsUsed()
    {
        await using var a = Some.Host();
        await using var b = Some.Host();
        var address = b.ListenHere();
        var dead = FreePort();
        var connection = await a.ConnectAsync(b.Self, [dead, address], default).SoonAsync();
        Assert.That(connection.RemoteAddress, Is.EqualTo(address));
    }

    [Test]
    public async Task Dial_NobodyThere_SaysWhatCameOfEachAddress()
    {
        await using var a = Some.Host();
        var dead = FreePort();
        var peer = TestIdentity.Fresh().Self;
        try
        {
            await a.ConnectAsync(peer, [dead], default).SoonAsync();
            Assert.Fail("Nobody is there.");
        }
        catch (Libp2pException e)
        {
            Assert.That(e.Fault, Is.EqualTo(Libp2pFault.Unreachable));
            Assert.That(e.Message, Does.Contain(peer.ToString()).And.Contain(dead.ToString()));
        }
    }

    [Test]
    public async Task Dial_TheRemoteSignsSomethingElse_Fails()
    {
        await using var a = Some.Host();
        await using var liar = Some.Host(identity: TestIdentity.Liar());
        var address = liar.ListenHere();
        Assert.That(
            await Patience.FaultOfAsync(() => a.ConnectAsync(liar.Self, [address], default)),
            Is.EqualTo(Libp2pFault.Authentication));
    }

    [Test]
    public async Task Inbound_WhoSaysNothing_IsCutWhenItsTimeIsUp()
    {
        var time = new ManualTimeProvider();
        await using var host = new Libp2pHost(
            TestIdentity.Fresh(), new HostOptions(), time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var address = host.ListenHere();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        var timers = time.Timers;
        await Patience.UntilAsync(() => time.Timers > timers || timers > 1, "its time runs");
        time.Advance(new HostOptions().HandshakeTimeout);
        using var rest = new MemoryStream();
        await client.GetStream().CopyToAsync(rest).SoonAsync();
        Assert.That(rest.Length, Is.EqualTo(20), "the header of multistream and then the end");
    }

    [Test]
    public async Task Inbound_AboveTheLimitOfAnAddress_IsClosedAtOnce()
    {
        await using var host = Some.Host(new HostOptions { MostInboundPerAddress = 2 });
        var address = host.ListenHere();
        var clients = new List<TcpClient>();
        for (var i = 0; i < 3; i++)
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync(IPAddress.Loopback, address.Port);
        }
        Assert.That(await FirstByteAsync(clients[0].GetStream()), Is.GreaterThan(0));
        Assert.That(await FirstByteAsync(clients[1].GetStream()), Is.GreaterThan(0));
        Assert.That(await FirstByteAsync(clients[2].GetStream()), Is.LessThanOrEqualTo(0));
        clients.ForEach(c => c.Dispose());
    }

    [Test]
    public async Task Handshake_RandomBytesAtAnyPoint_EndsIt_AndTheHostServesOthers([Range(1, 12)] int seed)
    {
        await using var host = Some.Host();
        var address = host.ListenHere();
        var random = new Random(seed);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        var bytes = new byte[random.Next(1, 5000)];
        random.NextBytes(bytes);
        byte[] begin = [.. "\x13/multistream/1.0.0\n"u8, .. "\x07/noise\n"u8];
        var stream = client.GetStream();
        await stream.WriteAsync(begin.AsMemory(0, random.Next(begin.Length + 1)));
        await stream.WriteAsync(bytes);
        client.Client.Shutdown(SocketShutdown.Send);
        while (await FirstByteAsync(stream) > 0)
        {
            // what it had to say before it hung up
        }
        await using var other = Some.Host();
        Assert.That((await other.ConnectAsync(host.Self, [address], default).SoonAsync()).Peer, Is.EqualTo(host.Self));
    }

    [Test]
    public async Task Dispose_EndsConnectionsOnBothSides_WithPeerEvents()
    {
        await using var a = Some.Host();
        var b = Some.Host();
        var changes = System.Threading.Channels.Channel.CreateUnbounded<bool>();
        a.PeerChanged = (_, up) => changes.Writer.TryWrite(up);
        var connection = await a.ConnectAsync(b.Self, [b.ListenHere()], default).SoonAsync();
        await b.DisposeAsync();
        Assert.That((await connection.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.Closed));
        Assert.That(await changes.Reader.ReadAsync().SoonAsync(), Is.True);
        Assert.That(await changes.Reader.ReadAsync().SoonAsync(), Is.False);
    }

    private static async Task<long> EchoAsync(Libp2pHost from, Libp2pHost to, Multiaddr? address)
    {
        var stream = await from.OpenStreamAsync(
            to.Self, address is null ? [] : [address], "/echo", default).SoonAsync();
        await using (stream)
        {
            var reading = stream.ReadToEndAsync();
            await stream.WriteInPiecesAsync(Some.Pattern(100_000), 999).SoonAsync();
            return (await reading.SoonAsync()).Bytes;
        }
    }

    // -1 where the connection was torn down
    private static async Task<int> FirstByteAsync(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[100]).SoonAsync();
        }
        catch (IOException)
        {
            return -1;
        }
    }

    // Nobody listens there: it was free a moment ago and is not given out again at once.
    private static Multiaddr FreePort()
    {
        using var listener = new Listener(Some.Loopback);
        return listener.Address;
    }
}
