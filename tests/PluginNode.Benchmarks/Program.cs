using PluginNode.Benchmarks;
using PluginNode.Benchmarks.Libp2p;
using PluginNode.Benchmarks.Mqtt;
using PluginNode.Benchmarks.Sync;

return args switch
{
    ["outbox"] => await OutboxBenchmark.RunAsync(json: false, only: ""),
    ["outbox", "--json"] => await OutboxBenchmark.RunAsync(json: true, only: ""),
    ["outbox", "--only", var only] => await OutboxBenchmark.RunAsync(json: false, only),
    ["sync"] => await SyncBenchmark.RunAsync(json: false, only: ""),
    ["sync", "--json"] => await SyncBenchmark.RunAsync(json: true, only: ""),
    ["sync", "--only", var only] => await SyncBenchmark.RunAsync(json: false, only),
    ["libp2p", .. var options] => await Libp2pBenchmark.RunAsync(options),
    ["libp2p-end", var seed, var peer] => await EndProgram.RunAsync(seed, peer), // started by the one above
    ["mqtt", .. var options] => await MqttBenchmark.RunAsync(options),
    ["mqtt-end", var port, var id] => await MqttEnd.RunAsync(port, id),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: build/bench outbox|sync [--json | --only PART-OF-A-NAME]");
    Console.Error.WriteLine(Libp2pBenchmark.Usage);
    Console.Error.WriteLine(MqttBenchmark.Usage);
    return 2;
}
