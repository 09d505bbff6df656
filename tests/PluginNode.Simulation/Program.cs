using System.Diagnostics;
using System.Globalization;
using PluginNode.Simulation.World;
using Trace = PluginNode.Simulation.Machine.Trace;

var (seeds, first, minutes, sync) = (200L, 1L, 0.0, (bool?)null);
for (var i = 0; i < args.Length; i += 2)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    var read = args[i] switch
    {
        "--seeds" => long.TryParse(value, CultureInfo.InvariantCulture, out seeds) && seeds > 0,
        "--seed" => long.TryParse(value, CultureInfo.InvariantCulture, out first) && first >= 0 && (seeds = 1) == 1,
        "--from" => long.TryParse(value, CultureInfo.InvariantCulture, out first) && first >= 0,
        "--trace" => value.Length > 0 && (Trace.All = new StreamWriter(value) { AutoFlush = true }) is not null,
        "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes > 0,
        "--sync" => bool.TryParse(value, out var always) && (sync = always) is not null,
        _ => false,
    };
    if (read) continue;
    Console.Error.WriteLine(
        "usage: build/simulate [--seeds N] [--from S] [--minutes M] [--sync true|false] | --seed S [--trace FILE]");
    return 2;
}
var clock = Stopwatch.StartNew();
var told = clock.Elapsed;
var (ran, steps, nodeTime, sent, seen, events) = (0L, 0L, TimeSpan.Zero, 0L, 0L, 0L);
for (var seed = first; minutes > 0 ? clock.Elapsed.TotalMinutes < minutes : seed < first + seeds; seed++)
{
    var plan = Plan.Draw((ulong)seed);
    var result = Run.Of(plan with { Sync = sync ?? plan.Sync });
    ran++;
    steps += result.Steps;
    nodeTime += result.NodeTime;
    (sent, seen, events) = (sent + result.Messages.Sent, seen + result.Messages.Seen, events + result.Events);
    if (seeds == 1)
        Console.WriteLine($"{result.Plan}: trace {result.Hash}, {result.Messages.Sent} sent, {result.Messages.Seen} seen");
    if (result.Fault is null && clock.Elapsed - told >= TimeSpan.FromMinutes(1))
    {
        told = clock.Elapsed;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{ran:N0} seeds without a fault in {told.TotalMinutes:0} min; at seed {seed}"));
    }
    if (result.Fault is null) continue;
    var reduced = Trace.All is null ? Reduction.Of(result) : result;
    foreach (var line in reduced.Last) Console.WriteLine(line);
    Console.WriteLine($"FAULT: {reduced.Fault}");
    Console.WriteLine($"as found: {result.Plan}: {result.Fault}");
    Console.WriteLine($"reduced:  {reduced.Plan}");
    Console.WriteLine($"replay:   build/simulate --seed {seed}{(sync is null ? "" : $" --sync {sync}")}");
    return 1;
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{ran} seeds, {nodeTime.TotalHours:N0} node-hours, {steps:N0} steps, {sent:N0} messages sent, {seen:N0} seen, ")
    + string.Create(CultureInfo.InvariantCulture, $"{events:N0} events; ")
    + string.Create(CultureInfo.InvariantCulture,
    $"{clock.Elapsed.TotalSeconds:0.0} s: {nodeTime.TotalHours / clock.Elapsed.TotalMinutes:N0} node-hours a minute"));
return 0;
