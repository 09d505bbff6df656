using PluginNode.Conformance;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Interop;

/// <summary>Streams with js-libp2p: bytes arrive, ends are ends, and nobody is flooded.</summary>
[TestFixture]
internal sealed class JsStreamTests : JsInteropFixture
{
    private const int Megabyte = 1024 * 1024;

    [TestCase(0, 1), TestCase(1, 1), TestCase(65_519, 65_519), TestCase(65_520, 13), TestCase(Megabyte + 1, 4_099)]
    [TestCase((4 * Megabyte) - 1, 262_147), TestCase(64 * Megabyte, 99_991)]
    public async Task Echo_ByJs_ComesBack(int bytes, int piece)
    {
        var sent = Some.Pattern(bytes);
        await using var stream = await OpenAsync(Echo);
        var reading = Task.Run(() => stream.ReadToEndAsync(piece));
        await stream.WriteInPiecesAsync(sent, piece).SoonAsync();
        Assert.That(await reading.SoonAsync(), Is.EqualTo((bytes, Some.Sha256(sent))));
    }

    [TestCase(0, 1), TestCase(1, 1), TestCase(65_520, 13)]
    [TestCase(Megabyte + 1, 4_099), TestCase(64 * Megabyte, 99_991)]
    public async Task Echo_ForJs_ComesBack(int bytes, int piece)
    {
        var answer = await Js.CallAsync("echo", ("address", Address), ("bytes", bytes), ("piece", piece));
        Assert.That((int)answer["bytes"]!, Is.EqualTo(bytes));
        Assert.That((string?)answer["sha256"], Is.EqualTo(Some.Sha256(Some.Pattern(bytes))));
    }

    [Test]
    public async Task ThousandStreams_ByJs_AllComeBack()
    {
        var sent = Some.Pattern(1000);
        var connection = await ConnectAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async _ =>
        {
            await using var stream = await connection.OpenStreamAsync(Echo, default);
            await stream.WriteInPiecesAsync(sent, 333);
            return await stream.ReadToEndAsync();
        })).SoonAsync();
        Assert.That(all, Is.All.EqualTo((1000L, Some.Sha256(sent))));
    }

    [Test]
    public async Task ThousandStreams_ForJs_AllComeBack()
    {
        var answer = await Js.CallAsync(
            "echoes", ("address", Address), ("count", 1000), ("bytes", 1000), ("piece", 333));
        Assert.That((bool)answer["same"]!);
        Assert.That((string?)answer["sha256"], Is.EqualTo(Some.Sha256(Some.Pattern(1000))));
    }

    [Test]
    public async Task HalfClose_OursFirst_JsReadsToTheEndAndAnswers()
    {
        await using var stream = await OpenAsync("/test/sink/1");
        await stream.WriteInPiecesAsync(Some.Pattern(5000), 700);
        Assert.That((await stream.ReadToEndAsync().SoonAsync()).Bytes, Is.Zero);
        var end = await Js.EndOfAsync("/test/sink/1");
        Assert.That(((string?)end["end"], (int)end["bytes"]!), Is.EqualTo(("closed", 5000)));
    }

    [Test]
    public async Task HalfClose_TheirsFirst_WeGoOnWriting()
    {
        await using var stream = await OpenAsync("/test/first/1");
        Assert.That((await stream.ReadToEndAsync().SoonAsync()).Bytes, Is.EqualTo(3));
        await stream.WriteInPiecesAsync(Some.Pattern(300_000), 1_000).SoonAsync();
        var end = await Js.EndOfAsync("/test/first/1");
        Assert.That(((string?)end["end"], (int)end["bytes"]!), Is.EqualTo(("closed", 300_000)));
    }

    [Test]
    public async Task HalfClose_OursFirst_JsGoesOnWriting()
    {
        var got = Signal.New<long>();
        Host.Handle("/test/ours-first/1", async (stream, stop) =>
        {
            await stream.ReadExactlyAsync(new byte[1], stop); // it listens by now
            await stream.WriteAsync("bye"u8.ToArray(), stop);
            await stream.CloseWriteAsync(stop);
            got.SetResult((await stream.ReadToEndAsync()).Bytes);
        });
        var answer = await Js.CallAsync(
            "afterwards", ("address", Address), ("protocol", "/test/ours-first/1"), ("bytes", 300_000));
        Assert.That((int)answer["bytes"]!, Is.EqualTo(3));
        Assert.That(await got.Task.SoonAsync(), Is.EqualTo(300_000));
    }

    [Test]
    public async Task Reset_ByJs_OurReadFails()
    {
        await using var stream = await OpenAsync("/test/reset/1");
        await stream.WriteAsync(Some.Pattern(10));
        Assert.That(
            await Patience.FaultOfAsync(() => stream.ReadToEndAsync()), Is.EqualTo(Libp2pFault.Reset));
        Assert.That(
            await Patience.FaultOfAsync(() => stream.WriteAsync(new byte[1]).AsTask()), Is.EqualTo(Libp2pFault.Reset));
    }

    [Test]
    public async Task Reset_ByJs_OurHandlerIsTold()
    {
        var fault = Signal.New<Libp2pFault>();
        Host.Handle("/test/aborted/1", async (stream, _) =>
            fault.SetResult(await Patience.FaultOfAsync(() => stream.ReadToEndAsync())));
        await Js.CallAsync("abort", ("address", Address), ("protocol", "/test/aborted/1"));
        Assert.That(await fault.Task.SoonAsync(), Is.EqualTo(Libp2pFault.Reset));
    }

    [Test]
    public async Task Reset_ByUs_JsIsTold()
    {
        await using var stream = await OpenAsync("/test/sink/1");
        await stream.WriteAsync(Some.Pattern(10));
        Assert.That(await stream.Connection.OpenStreamAsync([Echo], default).SoonAsync(), Is.Not.Null,
            "it has arrived");
        stream.Reset();
        Assert.That((string?)(await Js.EndOfAsync("/test/sink/1"))["end"], Is.EqualTo("StreamResetError"));

        Host.Handle("/test/resets/1", async (s, stop) =>
        {
            await s.ReadExactlyAsync(new byte[1], stop);
            s.Reset();
        });
        var answer = await Js.CallAsync("broken", ("address", Address), ("protocol", "/test/resets/1"));
        Assert.That((string?)answer["end"], Is.EqualTo("StreamResetError"));
    }

    [Test]
    public async Task UnknownProtocol_IsRefusedBothWays()
    {
        var stream = await OpenAsync("/test/none/1");
        Assert.That(
            await Patience.FaultOfAsync(() => stream.ReadToEndAsync()), Is.EqualTo(Libp2pFault.NotSupported));
        Assert.That(
            () => Js.CallAsync("send", ("address", Address), ("protocol", "/test/none/1"), ("bytes", 1), ("piece", 1)),
            Throws.InvalidOperationException.With.Message.Contains("UnsupportedProtocol"));
    }

    [Test]
    public async Task SlowReader_InJs_HoldsUsUp_AndGetsEverythingInTheEnd()
    {
        const int bytes = 16 * Megabyte;
        var written = 0;
        await using var stream = await OpenAsync("/test/slow/1");
        var writing = Task.Run(async () =>
        {
            var all = Some.Pattern(bytes);
            for (var at = 0; at < bytes; at += Megabyte / 16)
            {
                await stream.WriteAsync(all.AsMemory(at, Megabyte / 16));
                Interlocked.Add(ref written, Megabyte / 16);
            }
            await stream.CloseWriteAsync();
        });
        // Another stream of the connection goes on meanwhile, and its echoes come after what the slow one took.
        for (var i = 0; i < 20; i++) await PingEchoAsync(stream.Connection);
        Assert.That(Volatile.Read(ref written), Is.LessThan(bytes));
        await Js.CallAsync("resume");
        await writing.SoonAsync();
        var end = await Js.EndOfAsync("/test/slow/1");
        Assert.That((string?)end["sha256"], Is.EqualTo(Some.Sha256(Some.Pattern(bytes))));
    }

    [Test]
    public async Task SlowReader_Ours_HoldsJsUp_AndMemoryIsBounded()
    {
        const int bytes = 16 * Megabyte;
        var goOn = Signal.New();
        var began = Signal.New<Hosting.ProtocolStream>();
        (long Bytes, string Sha256) got = default;
        Host.Handle("/test/slow-here/1", async (stream, _) =>
        {
            began.SetResult(stream);
            await goOn.Task;
            got = await stream.ReadToEndAsync();
        });
        var sending = Js.CallAsync(
            "send", ("address", Address), ("protocol", "/test/slow-here/1"), ("bytes", bytes), ("piece", 50_000));
        var connection = (await began.Task.SoonAsync()).Connection;
        for (var i = 0; i < 20; i++) await PingEchoAsync(connection);
        Assert.That(connection.UnreadBytes, Is.GreaterThan(0).And.LessThanOrEqualTo(256 * 1024 * 2));
        Assert.That(sending.IsCompleted, Is.False);
        goOn.SetResult();
        await sending;
        Assert.That(got, Is.EqualTo((bytes, Some.Sha256(Some.Pattern(bytes)))));
    }

    private static async Task PingEchoAsync(Hosting.Connection connection)
    {
        await using var stream = await connection.OpenStreamAsync(Echo, default).SoonAsync();
        await stream.WriteInPiecesAsync(Some.Pattern(10_000), 10_000).SoonAsync();
        Assert.That((await stream.ReadToEndAsync().SoonAsync()).Bytes, Is.EqualTo(10_000));
    }
}
