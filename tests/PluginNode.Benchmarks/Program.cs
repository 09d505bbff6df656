using PluginNode.Benchmarks;

return args switch
{
    ["outbox"] => await OutboxBenchmark.RunAsync(json: false, only: ""),
    ["outbox", "--json"] => await OutboxBenchmark.RunAsync(json: true, only: ""),
    ["outbox", "--only", var only] => await OutboxBenchmark.RunAsync(json: false, only),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: build/bench outbox [--json | --only PART-OF-A-NAME]");
    return 2;
}
