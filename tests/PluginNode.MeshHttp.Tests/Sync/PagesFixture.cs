using PluginNode.Conformance;
using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What tests of <c>mesh-pages</c> without a network between have in common.</summary>
internal abstract class PagesFixture
{
    protected const long Day = 86_400_000_000_000;
    protected const long Start = 20_000 * Day;

    protected MemoryLedger Ours { get; private set; } = null!;
    protected ScriptedNeighbours Calls { get; private set; } = null!;
    protected ManualTime Time { get; private set; } = null!;
    protected PagesStrategy Strategy { get; private set; } = null!;

    [SetUp]
    public void SetUp()
    {
        (Ours, Calls, Time) = (new MemoryLedger(), new ScriptedNeighbours(), new ManualTime());
        Strategy = new PagesStrategy(Calls, Ours, Time);
    }

    protected static void Fill(MemoryLedger ledger, int days, int each, int from = 0)
    {
        for (var day = from; day < from + days; day++)
            for (var i = 0; i < each; i++) ledger.Add(Start + (day * Day) + (i * 1_000_000L), i);
    }

    protected ScriptedSession Session(
        SyncPurpose purpose = SyncPurpose.Boot, long since = 0, int page = 100, MemoryProfile? profile = null) =>
        new(
            new SyncPlan
            {
                Purpose = purpose, Neighbours = Calls.Plan(since), Profile = profile ?? MemoryProfile.Medium,
                PageEvents = page,
            },
            Ours);

    /// <summary>A run on a thread of its own, so that calls answer in the order in which they were made.</summary>
    protected Task<SyncReport> SyncAsync(ScriptedSession session) => Task.Factory.StartNew(
        () => OneThread.Run(() => Strategy.SyncHereAsync(session, CancellationToken.None)),
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    protected static SyncReply Fails(AskOutcome outcome = AskOutcome.WrongSignature) =>
        SyncReply.Failed(outcome, "as scripted");
}
