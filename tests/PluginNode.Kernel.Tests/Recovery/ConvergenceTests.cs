using PluginNode.Events;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>Whatever each node recorded, and in whatever order they hear of it, in the end they hold the same.</summary>
[TestFixture]
public sealed class ConvergenceTests
{
    private const int Nodes = 4;

    [FsCheck.NUnit.Property(MaxTest = 12)]
    public bool Ledgers_AfterAnyOrderOfMeetings_AreTheSame(int seed)
    {
        using var stage = new Stage();
        var chance = new Random(seed);
        byte[] all = [.. Enumerable.Range(1, Nodes).Select(i => (byte)i)];
        var syncs = all.Select(_ => new DirectSync(page: chance.Next(1, 20))).ToList();
        var nodes = all.Select((k, i) => Start(stage, k, all, syncs[i], chance.Next())).ToList();
        var recorded = new HashSet<EventId>();
        for (var act = chance.Next(10, 40); act > 0; act--) Play(stage, chance, nodes, syncs, recorded);

        // All meet all from now on; nobody records any more.
        foreach (var (node, sync) in nodes.Zip(syncs)) sync.With(nodes.Where(n => n != node));
        for (var round = 0; round < 60 && !Same(nodes); round++) stage.Advance(TimeSpan.FromMinutes(30));
        var same = Same(nodes);
        // Everything that was recorded, and nothing else.
        var whole = nodes.All(n => n.Kernel.Ledger.Read(new LedgerQuery { Limit = LedgerQuery.MostEvents }).Events
            .Select(e => e.Id).ToHashSet().SetEquals(recorded));
        foreach (var node in nodes) node.Stop();
        return same && whole;
    }

    private static RecoveryNode Start(Stage stage, byte seed, byte[] all, DirectSync sync, int chance)
    {
        var node = RecoveryNode.Start(stage, seed, all, chance: chance & 0xff);
        node.Kernel.Attach((INeighbourDays)sync, "plugin");
        return node.Attach(sync).Begin();
    }

    // Somebody records something, loses or finds somebody, is told to recover; or a few hours or days pass.
    private static void Play(
        Stage stage, Random chance, List<RecoveryNode> nodes, List<DirectSync> syncs, HashSet<EventId> recorded)
    {
        var (one, other) = (chance.Next(Nodes), chance.Next(Nodes));
        switch (chance.Next(5))
        {
            case 0 or 1:
                for (var i = chance.Next(1, 10); i > 0; i--) recorded.Add(nodes[one].Record($"{recorded.Count}").Id);
                break;
            case 2 when one != other:
                if (!syncs[one].Nodes.Remove(nodes[other].Id)) syncs[one].With(nodes[other]);
                break;
            case 3:
                nodes[one].Kernel.Recovery.RunAgain();
                break;
            default:
                stage.Advance(TimeSpan.FromMinutes(chance.Next(1, 400)));
                break;
        }
    }

    private static bool Same(List<RecoveryNode> nodes) =>
        nodes.All(n => n.Kernel.Ledger.Days().SequenceEqual(nodes[0].Kernel.Ledger.Days()));
}
