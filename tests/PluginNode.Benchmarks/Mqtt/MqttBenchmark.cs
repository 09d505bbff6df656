using System.Diagnostics;

namespace PluginNode.Benchmarks.Mqtt;

/// <summary>Our MQTT client against mosquitto's, at the same broker, and frames between two nodes over it. Each end is
/// a process of its own, but for the nodes, which are in this one.</summary>
internal sealed class MqttBenchmark(string folder, BenchBroker broker, BenchEnd one, BenchEnd other, int part)
{
    public const string Usage = "usage: build/bench mqtt [--json] [--quick] [--only PART-OF-A-NAME]";

    private const int Drained = 50_000, FrameBytes = 1024, Lanes = 64;
    private const int Short = 10; // of the counts, a short round has one in so many

    private readonly MosquittoClients _theirs = new(broker);
    private readonly MqttTable _table = new();
    private int _topic;

    public static async Task<int> RunAsync(string[] options)
    {
        var (json, part, only) = (false, 1, "");
        for (var i = 0; i < options.Length; i++)
        {
            switch (options[i])
            {
                case "--json": json = true; break;
                case "--quick": part = Short; break;
                case "--only" when i + 1 < options.Length: only = options[++i]; break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        if (BenchBroker.Find("mosquitto") is not { } program || BenchBroker.Find("mosquitto_rr") is null)
        {
            Console.Error.WriteLine(
                "mosquitto is not installed: install the packages mosquitto and mosquitto-clients.");
            return 1;
        }
        var folder = Directory.CreateDirectory(
            Path.Combine(Environment.CurrentDirectory, $".bench-{Environment.ProcessId}")).FullName;
        try
        {
            await using var broker = await BenchBroker.StartAsync(folder, program);
            await using var one = await BenchEnd.OursAsync("mqtt-end", $"{broker.Port}", "one");
            await using var other = await BenchEnd.OursAsync("mqtt-end", $"{broker.Port}", "other");
            var benchmark = new MqttBenchmark(folder, broker, one, other, part);
            await benchmark.MeasureAsync(only);
            benchmark._table.Print(json);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task MeasureAsync(string only)
    {
        foreach (var qos in (int[])[0, 1])
            foreach (var bytes in (int[])[256, 4096])
            {
                var count = (qos == 0 ? 200_000 : 100_000) / (bytes == 256 ? 1 : 4) / part;
                var what = $"QoS {qos}, {bytes} B";
                if (what.Contains(only, StringComparison.Ordinal))
                    await ThroughputAsync(what, new EndCall("") { Qos = qos, Bytes = bytes, Count = count });
            }
        foreach (var qos in (int[])[0, 1])
            foreach (var bytes in (int[])[256, 4096])
            {
                var what = $"round trip, QoS {qos}, {bytes} B";
                if (what.Contains(only, StringComparison.Ordinal))
                    await TripsAsync(what, new EndCall("") { Qos = qos, Bytes = bytes, Count = 5_000 / part });
            }
        var frames = $"frames of {FrameBytes} B, {Lanes} lanes, both durable";
        if (frames.Contains(only, StringComparison.Ordinal)) await FramesAsync(frames);
    }

    // All in turn, so that a machine that drifts drifts for all.
    private async Task ThroughputAsync(string what, EndCall call)
    {
        var runs = new List<MqttRound>();
        for (var run = 0; run <= MqttTable.Rounds; run++)
        {
            var before = (await UsageAsync(one), await UsageAsync(other));
            var ours = await PublishAsync(call, weSend: true, weReceive: true);
            var (sent, received) = (await UsageAsync(one) - before.Item1, await UsageAsync(other) - before.Item2);
            var round = new MqttRound(
                ours, await PublishAsync(call, weSend: false, weReceive: false),
                await PublishAsync(call, weSend: true, weReceive: false),
                await PublishAsync(call, weSend: false, weReceive: true), sent / call.Count, received / call.Count);
            if (run > 0) runs.Add(round); // the first is for the compilers
            await Console.Error.WriteAsync('.');
        }
        _table.Add(what, runs);
    }

    /// <summary>Messages a second, from the first that is sent to the last that has come.</summary>
    private async Task<double> PublishAsync(EndCall about, bool weSend, bool weReceive)
    {
        var call = about with { Topic = NewTopic() };
        var all = call with { Count = call.Count + 1 };
        var subscriber = weReceive ? null : await _theirs.SubscribeAsync(all);
        if (weReceive) await other.CallAsync(all with { Do = "subscribe" });
        var publisher = weSend ? null : await _theirs.PublisherAsync(call);
        // mosquitto_pub sleeps until it is connected: a first message has to be through before the clock runs
        var first = call with { Count = 1 };
        await one.CallAsync(first with { Do = "subscribe" });
        await SendAsync(publisher, first);
        await one.CallAsync(first with { Do = "received" });
        var clock = Stopwatch.StartNew();
        var sending = SendAsync(publisher, call);
        await (subscriber is null
            ? other.CallAsync(call with { Do = "received" }) : MosquittoClients.EndedAsync(subscriber));
        var took = clock.Elapsed.TotalSeconds;
        await sending;
        if (publisher is not null)
        {
            publisher.StandardInput.Close();
            await MosquittoClients.EndedAsync(publisher);
        }
        return call.Count / took;
    }

    private Task SendAsync(Process? publisher, EndCall call) => publisher is null
        ? one.CallAsync(call with { Do = "publish" }) : MosquittoClients.PublishAsync(publisher, call);

    private async Task TripsAsync(string what, EndCall about)
    {
        var runs = new List<MqttTrips>();
        for (var run = 0; run <= MqttTable.Rounds; run++)
        {
            var call = about with { Topic = NewTopic() };
            await other.CallAsync(call with { Do = "answer" });
            var ours = await one.CallAsync(call with { Do = "trips" });
            var each = await _theirs.ProcessTripsAsync(call with { Count = Math.Min(call.Count, 20) });
            var pipes = await _theirs.TripsAsync(about with { Topic = NewTopic() });
            if (run > 0) runs.Add(new MqttTrips(ours, pipes, each));
            await Console.Error.WriteAsync('.');
        }
        _table.Add(what, runs);
    }

    private async Task FramesAsync(string what)
    {
        var (messages, way) = (Drained / part, BenchNode.OverBroker(broker.Port));
        var runs = new List<Drain>();
        for (var run = 0; run <= MqttTable.Rounds; run++)
        {
            await using var receiver = await BenchNode.StartAsync(folder, 2, 1, null, way);
            await using var sender = await BenchNode.StartAsync(folder, 1, 2, receiver.Address, way);
            await sender.FillAsync(2, FrameBytes, messages, Lanes);
            var drain = await sender.DrainAsync(2, messages);
            if (run > 0) runs.Add(drain);
            await Console.Error.WriteAsync('.');
        }
        _table.Add(what, runs);
    }

    private static async Task<double> UsageAsync(BenchEnd end) => (await end.CallAsync(new EndCall("usage"))).Allocated;

    private string NewTopic() => $"bench/{++_topic}";
}
