using PluginNode.Benchmarks;
using PluginNode.Benchmarks.Sync;

return args switch
{
    ["outbox"] => await OutboxBenchmark.RunAsync(json: false, only: ""),
    ["outbox", "--json"] => await OutboxBenchmark.RunAsync(json: true, only: ""),
    ["outbox", "--only", var only] => await OutboxBenchmark.RunAsync(json: false, only),
    ["sync"] => await SyncBenchmark.RunAsync(json: false, only: ""),
    ["sync", "--json"] => await SyncBenchmark.RunAsync(json: true, only: ""),
    ["sync", "--only", var only] => await SyncBenchmark.RunAsync(json: false, only),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: build/bench outbox|sync [--json | --only PART-OF-A-NAME]");
    return 2;
}
