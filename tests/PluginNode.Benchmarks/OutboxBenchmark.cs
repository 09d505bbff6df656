namespace PluginNode.Benchmarks;

/// <summary>How fast critical messages are accepted, and how fast they are drained to a peer; both sides
/// durable.</summary>
internal static class OutboxBenchmark
{
    private const int FrameOverhead = 300; // what sealing and the record's frame add to a payload, about

    public static async Task<int> RunAsync(bool json, string only)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Environment.CurrentDirectory, $".bench-{Environment.ProcessId}")).FullName;
        try
        {
            var figures = new Figures(only);
            foreach (var bytes in (int[])[256, 1024, 65536])
                foreach (var producers in (int[])[1, 64])
                    await EnqueueAsync(figures, folder, bytes, producers);
            await SustainedAsync(figures, folder);
            foreach (var lanes in (int[])[1, 64]) await DrainAsync(figures, folder, lanes);
            figures.Print(json);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task EnqueueAsync(Figures figures, string folder, int bytes, int producers)
    {
        // A quarter of a segment: the next one is not prepared meanwhile, as the limit's file is prepared before, too.
        const int segment = 256 << 20;
        var messages = Math.Min(producers == 1 ? 10_000 : 100_000, ((segment / 4) - (8 << 20)) / (bytes + FrameOverhead));
        return figures.MeasureAsync(
            $"enqueue, {bytes} B, {producers} producer{(producers == 1 ? "" : "s")}",
            () => DiskLimit.MeasureAsync(folder, bytes + FrameOverhead, producers, messages),
            async () =>
            {
                await using var node = await BenchNode.StartAsync(folder, 1, 2, null, talk: null, segment);
                await node.EnqueueAsync(2, producers, bytes, 64, lanes: 64);
                figures.CountFromHere(messages);
                return await node.EnqueueAsync(2, producers, bytes, messages, lanes: 64);
            });
    }

    /// <summary>Segment after segment with the usual settings: what preparing them costs is in it.</summary>
    private static Task SustainedAsync(Figures figures, string folder)
    {
        const int messages = 300_000;
        return figures.MeasureAsync(
            "enqueue, 1024 B, 64 producers, 6 segments", null,
            async () =>
            {
                await using var node = await BenchNode.StartAsync(folder, 1, 2, null, talk: null);
                figures.CountFromHere(messages);
                return await node.EnqueueAsync(2, 64, 1024, messages, lanes: 64);
            });
    }

    private static Task DrainAsync(Figures figures, string folder, int lanes)
    {
        const int messages = 100_000;
        return figures.MeasureAsync(
            $"drain, 1024 B, {lanes} lane{(lanes == 1 ? "" : "s")}", null,
            async () =>
            {
                await using var receiver = await BenchNode.StartAsync(folder, 2, 1, null, BenchNode.OverMesh);
                await using var sender = await BenchNode.StartAsync(
                    folder, 1, 2, receiver.Address, BenchNode.OverMesh);
                await sender.FillAsync(2, 1024, messages, lanes);
                figures.CountFromHere(messages);
                return (await sender.DrainAsync(2, messages)).PerSecond;
            });
    }
}
