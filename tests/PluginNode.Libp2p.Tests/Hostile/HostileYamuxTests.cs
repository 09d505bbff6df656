using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hostile;

/// <summary>Whatever a remote sends, the session ends with a reason or goes on; nothing hangs.</summary>
[TestFixture]
internal sealed class HostileYamuxTests
{
    [TestCase("010000000000000100000000", Libp2pFault.Malformed, Description = "version 1")]
    [TestCase("000000000000000300000000", Libp2pFault.Malformed, Description = "a stream that was never opened")]
    [TestCase("000000000000000200000000", Libp2pFault.Malformed, Description = "a stream that we never opened")]
    [TestCase("000100010000000200000000", Libp2pFault.Malformed, Description = "it opens a stream of our numbers")]
    [TestCase("000100010000000100000000000100010000000100000000", Libp2pFault.Malformed, Description = "opened twice")]
    [TestCase("000000010000000100040001", Libp2pFault.Malformed, Description = "more than the window")]
    [TestCase("000100010000000100000000000100000000000100000000" + "0001000000000001ffffffff", Libp2pFault.Malformed,
        Description = "a window beyond 32 bits")]
    [TestCase("000100050000000100000000" + "00000000000000010000000100", Libp2pFault.Malformed,
        Description = "data after the end")]
    [TestCase("000300000000000000000000", Libp2pFault.Closed, Description = "go away")]
    [TestCase("000300000000000000000002", Libp2pFault.Closed, Description = "go away, for an error")]
    public async Task Frames_ThatMayNotBe_EndTheSession(string hex, Libp2pFault fault)
    {
        var (remote, session) = Start();
        await remote.WriteAsync(Convert.FromHexString(hex));
        Assert.That((await session.Completion.SoonAsync()).Fault, Is.EqualTo(fault));
    }

    [Test]
    public async Task Bytes_CutAnywhere_EndTheSession()
    {
        var frames = Convert.FromHexString("000000010000000100000003" + "616263" + "000200010000000000000007");
        for (var length = 0; length < frames.Length; length++)
        {
            var (remote, session) = Start();
            await remote.WriteAsync(frames.AsMemory(0, length));
            remote.CloseWrite();
            var reason = await session.Completion.SoonAsync();
            Assert.That(reason.Fault, Is.EqualTo(Libp2pFault.Closed), $"{length} bytes");
        }
    }

    [Test]
    public async Task RandomBytes_EndTheSession([Range(1, 20)] int seed)
    {
        var (remote, session) = Start();
        var bytes = new byte[4096];
        new Random(seed).NextBytes(bytes);
        bytes[0] = 0;
        bytes[1] = (byte)(seed % 4);
        try
        {
            await remote.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // it has ended already
        }
        remote.CloseWrite();
        Assert.That(await session.Completion.SoonAsync(), Is.Not.Null);
    }

    [Test]
    public async Task Streams_AboveTheLimit_AreReset_AndTheOthersStay()
    {
        var (remote, session) = Start(new YamuxOptions { MostInboundStreams = 2 });
        for (uint id = 1; id <= 5; id += 2)
            await remote.WriteAsync(Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, id));
        var flags = new List<(uint, YamuxFlags)>();
        while (flags.Count < 3)
            if (await ReadAsync(remote) is { Type: YamuxType.WindowUpdate } frame)
                flags.Add((frame.Stream, frame.Flags));
        Assert.That(flags, Is.EqualTo([(1u, YamuxFlags.Ack), (3u, YamuxFlags.Ack), (5u, YamuxFlags.Reset)]));
        Assert.That(session.StreamCount, Is.EqualTo(2));
        await remote.DisposeAsync();
        await session.Completion.SoonAsync();
    }

    [Test]
    public async Task UnreadBytes_AboveTheLimit_ResetTheirStream()
    {
        var (remote, session) = Start(new YamuxOptions { MostBuffered = 100_000 });
        await remote.WriteAsync(Frame(YamuxType.Data, YamuxFlags.Syn, 1, 90_000));
        await remote.WriteAsync(new byte[90_000]);
        await remote.WriteAsync(Frame(YamuxType.Data, YamuxFlags.Syn, 3, 20_000));
        await remote.WriteAsync(new byte[20_000]);
        while (await ReadAsync(remote) is var frame && frame.Flags != YamuxFlags.Reset)
            Assert.That(frame.Type, Is.Not.EqualTo(YamuxType.GoAway));
        Assert.That(session.StreamCount, Is.EqualTo(1));
        Assert.That(session.Buffered, Is.LessThanOrEqualTo(100_000));
        await remote.DisposeAsync();
        await session.Completion.SoonAsync();
    }

    [Test]
    public async Task Pings_ThatNobodyReadsTheAnswersOf_EndTheSession()
    {
        var (remote, session) = Start();
        var pings = new byte[12 * 1000];
        for (var at = 0; at < pings.Length; at += 12) Frame(YamuxType.Ping, YamuxFlags.Syn, 0).CopyTo(pings, at);
        try
        {
            while (!session.Completion.IsCompleted) await remote.WriteAsync(pings).SoonAsync();
        }
        catch (IOException)
        {
            // as it should be
        }
        Assert.That((await session.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.Limit));
    }

    [Test]
    public async Task Remote_AnswersNoPing_EndsTheSession()
    {
        var time = new ManualTimeProvider();
        var (remote, session) = Start(new YamuxOptions { KeepAlive = TimeSpan.FromSeconds(15) }, time);
        remote.IsBlackHole = true;
        var stream = await session.OpenAsync(default);
        var reading = Patience.FaultOfAsync(() => stream.ReadAsync(new byte[1]).AsTask());
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.That((await session.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.TimedOut));
        Assert.That(await reading, Is.EqualTo(Libp2pFault.TimedOut));
    }

    private static (MemoryDuplex Remote, YamuxSession Session) Start(
        YamuxOptions? options = null, TimeProvider? time = null)
    {
        var (remote, mine) = MemoryDuplex.Pair();
        var session = new YamuxSession(
            mine, client: false, options ?? new YamuxOptions(), time ?? TimeProvider.System, _ => { });
        session.Start();
        return (remote, session);
    }

    private static byte[] Frame(YamuxType type, YamuxFlags flags, uint stream, uint length = 0)
    {
        var bytes = new byte[YamuxHeader.Bytes];
        new YamuxHeader(type, flags, stream, length).Write(bytes);
        return bytes;
    }

    private static async Task<YamuxHeader> ReadAsync(MemoryDuplex remote)
    {
        var bytes = new byte[YamuxHeader.Bytes];
        await remote.ReadExactlyAsync(bytes).AsTask().SoonAsync();
        return YamuxHeader.Read(bytes);
    }
}
