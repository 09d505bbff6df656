using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>The bad wire is as bad as it is told to be: a rig whose faults do nothing would find nothing.</summary>
[TestFixture]
public sealed class FaultyRelayTests
{
    private const int Seed = 1;
    private const int Pieces = 64;

    private readonly byte[] _piece = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
    private Channel<byte[]> _arrived = null!;
    private TcpListener _behind = null!;
    private FaultyRelay _relay = null!;

    [SetUp]
    public void SetUp()
    {
        _behind = new TcpListener(IPAddress.Loopback, 0);
        _behind.Start();
        _arrived = Channel.CreateUnbounded<byte[]>();
        _ = ListenAsync(_behind, _arrived.Writer);
        _relay = new FaultyRelay(((IPEndPoint)_behind.LocalEndpoint).Port, Seed);
    }

    [TearDown]
    public void TearDown()
    {
        _relay.Dispose();
        _behind.Dispose();
    }

    [Test]
    public async Task Sound_AllArrives() => Assert.That(await SendAsync(Wire.Sound), Is.EqualTo(Sent));

    [Test]
    public async Task Drops_NothingArrives() => Assert.That(await SendAsync(Wire.Drops), Is.Empty);

    [Test]
    public async Task Corrupts_AllArrives_ButNotAsItWasSent()
    {
        var arrived = await SendAsync(Wire.Corrupts);
        Assert.That(arrived, Has.Length.EqualTo(Sent.Length));
        Assert.That(arrived, Is.Not.EqualTo(Sent));
    }

    [Test]
    public async Task Repeats_SomeArrivesTwice_AndAllOfItOnceMore()
    {
        byte[][] both = [await SendAsync(Wire.Repeats), await NextAsync()]; // whichever ends first
        Assert.That(both, Has.Exactly(1).EqualTo(Sent).And.Exactly(1).Length.GreaterThan(Sent.Length));
    }

    [Test]
    public async Task Cuts_TheConnectionIsReset()
    {
        _relay.Wire = Wire.Cuts;
        using var near = await ConnectAsync();
        Assert.That(
            async () =>
            {
                while (true) await PieceAsync(near);
            },
            Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task BecomesBadWhileAConnectionIsOpen_HoldsForItToo()
    {
        using (var near = await ConnectAsync())
        {
            await PieceAsync(near);
            _relay.Wire = Wire.Drops;
            await PieceAsync(near);
        }
        Assert.That(await NextAsync(), Is.EqualTo(_piece));
    }

    private byte[] Sent => [.. Enumerable.Repeat(_piece, Pieces).SelectMany(p => p)];

    private async Task<byte[]> SendAsync(Wire wire)
    {
        _relay.Wire = wire;
        using (var near = await ConnectAsync())
            for (var i = 0; i < Pieces; i++) await PieceAsync(near);
        return await NextAsync();
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var near = new TcpClient { NoDelay = true };
        await near.ConnectAsync(IPAddress.Loopback, _relay.Port);
        return near;
    }

    // One after the other: the next is written when the relay has read this one.
    private async Task PieceAsync(TcpClient near)
    {
        var before = _relay.Taken;
        await near.GetStream().WriteAsync(_piece);
        await Until.TrueAsync(
            () => Task.FromResult(_relay.Taken >= before + _piece.Length || !IsOpen(near)), "the relay reads");
    }

    private static bool IsOpen(TcpClient near) =>
        !near.Client.Poll(0, SelectMode.SelectRead) || near.Client.Available > 0;

    private Task<byte[]> NextAsync() => _arrived.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private static async Task ListenAsync(TcpListener behind, ChannelWriter<byte[]> arrived)
    {
        try
        {
            while (true) _ = ReadAsync(await behind.AcceptTcpClientAsync(), arrived);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test ended.
        }
    }

    private static async Task ReadAsync(TcpClient connection, ChannelWriter<byte[]> arrived)
    {
        using (connection)
        using (var all = new MemoryStream())
        {
            try
            {
                await connection.GetStream().CopyToAsync(all);
            }
            catch (IOException)
            {
                // Reset: what came before counts.
            }
            await arrived.WriteAsync(all.ToArray());
        }
    }
}
