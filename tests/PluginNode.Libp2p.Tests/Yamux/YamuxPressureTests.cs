using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Yamux;

/// <summary>Connections that are slow or full.</summary>
[TestFixture]
internal sealed class YamuxPressureTests
{
    [Test]
    public async Task Writers_WhoGaveUpWaiting_KeepNoRoomFromTheOthers()
    {
        var (remote, session) = Start(new ManualTimeProvider()); // it stands still: no ping comes to the rescue
        for (var i = 0; i < 4; i++) _ = await WriteAsync(session, 256 * 1024);
        var stay = new List<Task>();
        for (var i = 0; i < 100; i++) stay.Add(await WriteAsync(session, 400));
        var leave = new List<(Task Writing, CancellationTokenSource Patience)>();
        for (var i = 0; i < 100; i++)
        {
            var own = new CancellationTokenSource();
            leave.Add((await WriteAsync(session, 400, own.Token), own));
        }
        Assert.That(stay.TrueForAll(w => !w.IsCompleted), "there is no room");
        foreach (var (writing, own) in leave)
        {
            await own.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            own.Dispose();
        }
        var reading = ReadAsync(remote);
        await Task.WhenAll(stay).SoonAsync();
        await session.CloseAsync().SoonAsync();
        await reading.SoonAsync();
    }

    [Test]
    public async Task Remote_WhoseAnswerToAPingIsLate_StaysAsLongAsItIsHeardFrom()
    {
        var time = new ManualTimeProvider();
        var (remote, session) = Start(time);
        var stream = await session.OpenAsync(default);
        await stream.WriteAsync(new byte[1]);
        var reading = ReadAsync(remote);
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(8)); // the ping lies behind much else, on a slow link
            Assert.That(session.TakesStreams, $"after {8 * (i + 1)} s");
            var more = new byte[YamuxHeader.Bytes];
            new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.None, 1, 100).Write(more);
            var before = stream.Credit;
            await remote.WriteAsync(more);
            await Patience.UntilAsync(() => stream.Credit > before, "what it sent is taken");
        }
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.That((await session.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.TimedOut));
        await reading.SoonAsync();
    }

    /// <summary>A frame counts from its header on: its reader, who is ahead of it, grants no second window.</summary>
    [Test]
    public async Task Window_OfAFrameThatIsStillUnderWay_IsNotGrantedAgain()
    {
        const int window = YamuxOptions.FirstWindow, come = window * 5 / 8;
        var (remote, session) = Start(new ManualTimeProvider());
        var stream = await session.OpenAsync(default);
        await stream.WriteAsync(new byte[1]);
        var head = new byte[YamuxHeader.Bytes];
        new YamuxHeader(YamuxType.Data, YamuxFlags.Ack, 1, window).Write(head);
        await remote.WriteAsync(head);
        var writing = remote.WriteAsync(new byte[come]).AsTask();
        await stream.ReadExactlyAsync(new byte[come]).AsTask().SoonAsync();
        await writing.SoonAsync();
        var granted = 0L;
        while (granted < window / 2)
        {
            await remote.ReadExactlyAsync(head).AsTask().SoonAsync();
            var frame = YamuxHeader.Read(head);
            if (frame.Type == YamuxType.WindowUpdate) granted += frame.Length;
            if (frame.Type == YamuxType.Data) await remote.ReadExactlyAsync(new byte[1]).AsTask().SoonAsync();
        }
        Assert.That(granted, Is.LessThanOrEqualTo(come), "the rest of the frame has its place already");
        await remote.DisposeAsync();
        await session.Completion.SoonAsync();
    }

    private static (MemoryDuplex Remote, YamuxSession Session) Start(TimeProvider time)
    {
        var (remote, mine) = MemoryDuplex.Pair();
        var session = new YamuxSession(mine, client: true, new YamuxOptions(), time, _ => { });
        session.Start();
        return (remote, session);
    }

    private static async Task<Task> WriteAsync(
        YamuxSession session, int bytes, CancellationToken cancellation = default)
    {
        var stream = await session.OpenAsync(default);
        return stream.WriteAsync(new byte[bytes], cancellation).AsTask();
    }

    private static async Task ReadAsync(MemoryDuplex remote)
    {
        var buffer = new byte[65_536];
        while (await remote.ReadAsync(buffer) > 0)
        {
            // it is what makes room
        }
    }
}
