using PluginNode.Benchmarks;

return args switch
{
    ["outbox", .. var rest] when rest is [] or ["--json"] => await OutboxBenchmark.RunAsync(json: rest.Length == 1),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: build/bench outbox [--json]");
    return 2;
}
