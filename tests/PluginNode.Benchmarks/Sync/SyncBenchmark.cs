using System.Buffers;
using System.Diagnostics;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Benchmarks.Sync;

/// <summary>How fast a node recovers from four neighbours, and what it costs them.</summary>
internal static class SyncBenchmark
{
    private const int Events = 50_000, Many = 320_000, Neighbours = 4;

    public static async Task<int> RunAsync(bool json, string only)
    {
        var name = $".bench-{Environment.ProcessId}";
        var folder = Directory.CreateDirectory(Path.Combine(Environment.CurrentDirectory, name)).FullName;
        try
        {
            var table = new SyncTable(only);
            var events = EventCorpus.Make(Events, NaraKinds.All(), DateTimeOffset.UtcNow);
            await table.MeasureAsync("verify, one core", "signatures/s", () => Task.FromResult(VerifyRate()));
            await RecoverAsync(table, folder, events);
            await DuplicatesAsync(table, folder, events);
            if (table.Wants("server") || table.Wants("resident memory"))
            {
                await ServerBenchmark.RunAsync(table, folder, events);
                events = EventCorpus.Make(Many, NaraKinds.All(), DateTimeOffset.UtcNow);
                await ServerBenchmark.RunAsync(table, folder, events);
            }
            table.Print(json);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RecoverAsync(SyncTable table, string folder, List<Event> events)
    {
        var nodes = new List<SyncNode>();
        try
        {
            var reader = new Peer("reader", IdOf(200), []);
            for (byte n = 1; n <= Neighbours; n++)
            {
                var node = await SyncNode.StartAsync(folder, $"neighbour-{n}", n, [reader], MemoryProfile.Medium, []);
                await node.HoldAsync(events);
                nodes.Add(node);
            }
            var bytes = JsonBytes(events, nodes[0]);
            foreach (var strategy in (string?[])["mesh-pages", "mesh-sample", "mesh-slices", null])
                await table.RecoverAsync(strategy ?? "whole chain", events.Count, bytes, async () =>
                {
                    await using var node = await SyncNode.StartAsync(
                        folder, "reader", 200, nodes.Select(n => n.Peer), MemoryProfile.Medium,
                        strategy is null ? null : [strategy]);
                    var clock = Stopwatch.StartNew();
                    var state = await node.RecoverAsync();
                    return (state, clock.Elapsed, node.Kernel.Ledger.Count);
                });
        }
        finally
        {
            foreach (var node in nodes) await node.DisposeAsync();
        }
    }

    private static async Task DuplicatesAsync(SyncTable table, string folder, List<Event> events)
    {
        const string what = "merge of duplicates";
        if (!table.Wants(what)) return;
        await using var node = await SyncNode.StartAsync(folder, "holder", 1, [], MemoryProfile.Medium, []);
        await node.HoldAsync(events);
        var pages = events.Chunk(5_000).Select(page => page.Select(e => Json(e, node)).ToList()).ToList();
        await table.MeasureAsync(what, "events/s", async () =>
        {
            var clock = Stopwatch.StartNew();
            var duplicates = 0;
            foreach (var page in pages)
                duplicates += (await node.Kernel.Intake.MergeAsync("again", page, CancellationToken.None)).Duplicates;
            if (duplicates != events.Count) throw new InvalidOperationException($"{duplicates} duplicates");
            return duplicates / clock.Elapsed.TotalSeconds;
        });
    }

    private static double VerifyRate()
    {
        const int checks = 5_000;
        using var identity = EventCorpus.IdentityOf(0);
        var signer = new PluginSigner(identity);
        var (text, signature) = (new byte[32], new byte[ISigner.SignatureBytes]);
        signer.Sign("bench", text, signature);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < checks; i++)
            if (!signer.Verify(identity.Self, "bench", text, signature)) throw new InvalidOperationException();
        return checks / clock.Elapsed.TotalSeconds;
    }

    private static long JsonBytes(List<Event> events, SyncNode writer) => events.Sum(e => (long)Json(e, writer).Length);

    private static ReadOnlyMemory<byte> Json(Event @event, SyncNode writer)
    {
        var json = new ArrayBufferWriter<byte>(512);
        writer.Write(@event, json);
        return json.WrittenMemory;
    }

    private static PeerId IdOf(byte seed)
    {
        using var identity = NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
        return identity.Self;
    }
}
