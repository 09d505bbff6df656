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
        Caught(Canaries.AnswerBeforeFlush, "an answer before the flush", 50),
        Caught(Canaries.NoFolderFlush, "a store without the folder's flush", 50),
        Caught(Canaries.PlainText, "a lane's name in plain text on the disk", 50),
        Caught(Canaries.ForgettingWindow, "a duplicate window that forgets", 50),
        Caught(Canaries.SkippingLane, "a lane that skips", 50),
        Caught(Canaries.OutcomesByPosition, "outcomes taken by position", 50),
        Caught(Canaries.SentBeforeClosed, "a stream that counts as sent before it is closed", 50),
        Caught(Canaries.OnePageEarly, "a reading that ends one page early", 50),
        Caught(Canaries.ForgettingLedger, "a ledger that forgets over a restart", 50),
    ];

    [TestCaseSource(nameof(Variants))]
    public void Run_ABrokenVariant_IsCaught(object variant, int seeds)
    {
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            if (Run.Of(Plan.Draw(seed) with { Break = (Breakage)variant }).Fault is not { } fault) continue;
            TestContext.Out.WriteLine($"seed {seed}: {fault}");
            Assert.That(Run.Of(Plan.Draw(seed)).Fault, Is.Null, "the sound node is at fault");
            return;
        }
        Assert.Fail($"not caught within {seeds} seeds");
    }

    private static TestCaseData Caught(Breakage variant, string name, int seeds) =>
        new TestCaseData(variant, seeds).SetArgDisplayNames(name);
}
