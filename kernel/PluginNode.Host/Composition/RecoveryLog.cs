using PluginNode.Recovery;

namespace PluginNode.Composition;

/// <summary>Tells the log how far recovery is, at most every 5 s; that it begins and what it came to the kernel tells
/// itself. No neighbour is named.</summary>
/// <param name="recovery">What is watched.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told.</param>
internal sealed class RecoveryLog(NodeRecovery recovery, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private DateTimeOffset? _begun;
    private long _told;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                var changed = recovery.Changed;
                Tell(recovery.State);
                await changed.WaitAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private void Tell(RecoveryState state)
    {
        if (state.StartedAt != _begun) (_begun, _told) = (state.StartedAt, time.GetTimestamp());
        if (!state.IsUnderWay || state.Progress is not { } progress || time.GetElapsedTime(_told) < Every) return;
        _told = time.GetTimestamp();
        HostLogMessages.RecoveryGoesOn(logger, state.Strategy ?? "nobody", ProgressText.Of(progress));
    }
}
