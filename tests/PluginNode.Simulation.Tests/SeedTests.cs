using System.Diagnostics;
using PluginNode.Simulation.Machine;
using PluginNode.Simulation.World;

namespace PluginNode.Simulation.Tests;

/// <summary>Whole nodes under one seed each; the same seeds every time, so that a failure is found again.</summary>
[TestFixture]
public sealed class SeedTests
{
    private const int Seeds = 300;

    [Test]
    public void Run_SomeHundredSeeds_KeepsEveryPromise()
    {
        for (ulong seed = 1; seed <= Seeds; seed++) Keeps(Plan.Draw(seed));
    }

    /// <summary>What the simulation has found: each of these seeds failed once.</summary>
    [TestCase(1ul, TestName = "A full disk made the ids of ended messages spin")]
    [TestCase(4ul, TestName = "A commit that failed was on the disk all the same, and its message came twice")]
    [TestCase(70ul, TestName = "A replayed dead letter was sent from its old place, and what stood behind it was lost")]
    [TestCase(150ul, TestName = "A moderate message overtook a critical one of its lane that was being written")]
    [TestCase(213ul, TestName = "A refused message came back from a segment that a failed write had ended")]
    [TestCase(708ul, TestName = "A stopped node left its callers waiting")]
    [TestCase(908ul, TestName = "A probe tried a moderate message before its time, uncounted")]
    [TestCase(1965ul, TestName = "Damage in a batch's last record took the whole batch at the second start")]
    [TestCase(3097ul, TestName = "What a failed flush left in the page cache was built upon, and lost")]
    [TestCase(5466ul, TestName = "A pump whose first lane was empty forgot the others")]
    [TestCase(8470ul, TestName = "Of a torn batch the removal was kept and the id that it leaves behind was not")]
    [TestCase(31927ul, TestName = "Damage was mended by an opening that failed, and never reported")]
    [TestCase(10594ul, TestName = "A torn write behind the last batch took that batch with it")]
    public void Run_WhatWasFound_StaysMended(ulong seed) =>
        Keeps(Plan.Draw(seed) with { Sync = false, Raw = false }); // as they were found: before there was either

    /// <summary>What it has found since.</summary>
    [TestCase(3406ul, TestName = "A torn batch was mended in part, and what was left of it believed")]
    [TestCase(14405ul, TestName = "A refused message came back behind what had followed it")]
    [TestCase(17323ul, TestName = "A torn batch whose lost part was no whole sector was half believed")]
    public void Run_WhatWasFoundWithLedgers_StaysMended(ulong seed) =>
        Keeps(Plan.Draw(seed) with { Raw = false });

    [Test]
    public async Task Run_TheSameSeedInTwoProcesses_GivesTheSameTrace([Values(3, 213)] int seed)
    {
        var first = await TraceOfAsync(seed);
        Assert.That(first, Does.Contain("trace "));
        Assert.That(await TraceOfAsync(seed), Is.EqualTo(first));
        Assert.That(first, Does.Contain(Run.Of(Plan.Draw((ulong)seed)).Hash));
    }

    private static void Keeps(Plan plan)
    {
        var result = Run.Of(plan);
        Assert.That(
            result.Fault, Is.Null,
            () => $"{result.Plan}\nreplay: build/simulate --seed {plan.Seed}\n{string.Join('\n', result.Last.TakeLast(40))}");
    }

    private static async Task<string> TraceOfAsync(int seed)
    {
        var program = Path.ChangeExtension(typeof(Scheduler).Assembly.Location, ".dll");
        var start = new ProcessStartInfo("dotnet", [program, "--seed", $"{seed}"])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return line ?? "";
    }
}
