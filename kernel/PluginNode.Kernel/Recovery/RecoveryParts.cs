using Microsoft.Extensions.Logging;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Plugins;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>What recovery is made of.</summary>
internal sealed record RecoveryParts(
    KernelParts Kernel, SyncOptions Options, MemoryProfile Profile, NodeLedger Ledger, NodeClock Clock, Journal Journal,
    ILogger Logger)
{
    public TimeProvider Time => Kernel.Time;

    public IChance Chance => Kernel.Chance;

    /// <summary>The peers that have an address and are not only sent to, by name; not this node, which may be a peer of
    /// its own.</summary>
    public List<Neighbour> Neighbours =>
        [.. Kernel.Peers.All.Where(p => p.Addresses.Count > 0 && !p.SendOnly && p.Id != Kernel.Identity.Self)
            .Select(p => new Neighbour(p.Name, p.Id, p.Addresses))];

    /// <summary>A wait with up to a sixth added or taken off, so that many nodes do not ask at once: 30 ± 5
    /// minutes.</summary>
    public TimeSpan Jitter(TimeSpan wait)
    {
        var most = TimeSpan.FromDays(40); // what a timer takes
        var drawn = wait.Ticks * (1 + (((2 * Chance.NextDouble()) - 1) / 6));
        return drawn < most.Ticks ? TimeSpan.FromTicks((long)drawn) : most;
    }
}
