namespace PluginNode.Benchmarks.Libp2p;

/// <summary>The libp2p stack of PluginNode against js-libp2p, a plain socket and the cipher alone. Each end is a
/// process of its own, also where both are ours.</summary>
internal static class Libp2pBenchmark
{
    public const string Usage = "usage: build/bench libp2p [--json] [--quick] [--only PART-OF-A-NAME]";

    private const double LongRound = 1, ShortRound = 0.1; // seconds

    private static readonly Measured[] All =
    [
        Measured.Rate("bulk, one stream", "MB/s", new EndCall("bulk")) with { Scale = 1e6, Texts = 65_519 },
        Measured.Rate("1 KiB messages, one stream, 64 in flight", "1/s", new EndCall("messages") { Window = 64 })
            with { Texts = EndServer.MessageBytes },
        Measured.Rate("1 KiB messages, 64 streams, one in flight", "1/s", new EndCall("messages") { Streams = 64 })
            with { Texts = EndServer.MessageBytes },
        Measured.Rate("a stream for each message, one at a time", "1/s", new EndCall("streams")),
        Measured.Rate("a stream for each message, 64 at once", "1/s", new EndCall("streams") { Streams = 64 }),
        Measured.Rate("handshakes, 8 at once", "1/s", new EndCall("handshakes") { Streams = 8 }),
        new("round trip of 1 KiB", "µs", new EndCall("trips"),
            [new("p50", a => a.P50, true), new("p99", a => a.P99, true)]),
        Measured.Rate("1 KiB frames, batches of 64, 4 at once", "1/s", new EndCall("frames") { Streams = 4 })
            with { Frames = true },
    ];

    public static async Task<int> RunAsync(string[] options)
    {
        var (json, seconds, only) = (false, LongRound, "");
        for (var i = 0; i < options.Length; i++)
        {
            switch (options[i])
            {
                case "--json": json = true; break;
                case "--quick": seconds = ShortRound; break;
                case "--only" when i + 1 < options.Length: only = options[++i]; break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        var table = new Libp2pTable();
        await using var ends = await Ends.StartAsync();
        foreach (var measured in All.Where(m => m.What.Contains(only, StringComparison.Ordinal)))
            await MeasureAsync(measured, ends, seconds, table);
        table.Print(json, ends.Missing);
        return 0;
    }

    // All in turn, so that a machine that drifts drifts for all.
    private static async Task MeasureAsync(Measured measured, Ends ends, double seconds, Libp2pTable table)
    {
        var call = measured.Call with { Seconds = seconds };
        var runs = new Runs();
        for (var run = 0; run <= Libp2pTable.Rounds; run++)
        {
            var round = new Round(
                await ends.OursAsync(call, measured.Frames),
                measured.Frames ? null : await ends.OursToJsAsync(call),
                measured.Frames ? null : await ends.JsAsync(call),
                measured.Frames ? null : await ends.TcpAsync(call),
                measured.Texts is { } bytes ? await ends.CipherAsync(bytes, seconds) : null);
            if (run > 0) runs.Add(round); // the first is for the compilers
            await Console.Error.WriteAsync('.');
        }
        table.Add(measured, runs);
    }
}
