namespace PluginNode.EndToEnd.Tests.Chaos;

[TestFixture, Platform("Linux", Reason = "Signals and /proc.")]
internal sealed class ChaosTests : NodesInAFolder
{
    /// <summary>The short run; <c>build/chaos</c> makes longer ones.</summary>
    [TestCase(Over.Mesh, 25), TestCase(Over.Libp2p, 15), TestCase(Over.Broker, 15)]
    public async Task ThreeNodesInTrouble_LoseNothing_DoubleNothing_KeepOrder_AndSettle(Over over, int seconds)
    {
        var seed = Environment.TickCount;
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        await using var run = new ChaosRun(
            Folder, seed, TimeSpan.FromSeconds(seconds), TestContext.Out.WriteLine, over);
        var report = await run.RunAsync();
        await TestContext.Out.WriteLineAsync(report.Write("this one", TimeProvider.System.GetUtcNow()));
        Assert.That(report.Audit.Accepted, Is.Positive);
        Assert.That(report.Faults.Values.Sum(), Is.Positive);
        Assert.That(report.Problems, Is.Empty);
        Assert.That(report.Audit.Findings, Is.Empty);
    }
}
