using PluginNode.Simulation.Checks;
using PluginNode.Simulation.World;

namespace PluginNode.Simulation.Tests;

/// <summary>The auditor catches each broken variant within the number of seeds that stands beside it, from seed 1
/// on.</summary>
[TestFixture]
public sealed class CanaryTests
{
    private static IEnumerable<TestCaseData> Variants =>
    [
        Caught(Canaries.AnswerBeforeFlush, "an answer before the flush", 50, "never arrived|came back|taken as new"),
        Caught(Canaries.NoFolderFlush, "a store without the folder's flush", 50, "never arrived|came back|taken as new"),
        Caught(Canaries.PlainText, "a lane's name in plain text on the disk", 50, "readable"),
        Caught(Canaries.ForgettingWindow, "a duplicate window that forgets", 50, "came back|twice"),
        Caught(Canaries.SkippingLane, "a lane that skips", 50, "never arrived|behind"),
        Caught(Canaries.OutcomesByPosition, "outcomes taken by position", 50, "never arrived"),
    ];

    [TestCaseSource(nameof(Variants))]
    public void Run_ABrokenVariant_IsCaught(object variant, int seeds, string says)
    {
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            if (Run.Of(Plan.Draw(seed) with { Break = (Breakage)variant }).Fault is not { } fault) continue;
            TestContext.Out.WriteLine($"seed {seed}: {fault}");
            Assert.That(fault, Does.Match(says));
            return;
        }
        Assert.Fail($"not caught within {seeds} seeds");
    }

    private static TestCaseData Caught(Breakage variant, string name, int seeds, string says) =>
        new TestCaseData(variant, seeds, says).SetArgDisplayNames(name);
}
