using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>
/// Keeps projections up with the ledger: all of them once at the beginning and after a recovery, and five seconds after
/// other events were merged, several merges together. One call at a time; one that throws or hangs keeps no other from
/// its call. Callable from any thread.
/// </summary>
internal sealed class Projections(SyncPlugins plugins, PluginCalls calls, ILedger ledger, TimeProvider time)
{
    /// <summary>How long after a merge they are called.</summary>
    public static TimeSpan Delay { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a call may take.</summary>
    public static TimeSpan MostTime { get; } = TimeSpan.FromMinutes(2);

    private readonly Pulse _pulse = new();
    private volatile bool _merged, _atOnce, _held;

    /// <summary>Events were merged.</summary>
    public void Merged()
    {
        if (_merged) return; // it is known already: merges come by thousands
        _merged = true;
        _pulse.Set();
    }

    /// <summary>They are to be called without delay.</summary>
    public void Update()
    {
        _atOnce = true;
        _pulse.Set();
    }

    /// <summary>While a strategy recovers they wait for its end; then they are called once.</summary>
    public void Hold(bool held)
    {
        _held = held;
        if (!held) _pulse.Set();
    }

    /// <summary>Until the node stops.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        try
        {
            for (;;)
            {
                while (_held || !(_merged || _atOnce))
                    await _pulse.WaitAsync(Timeout.InfiniteTimeSpan, time, stopped);
                var began = time.GetTimestamp();
                while (!_atOnce && Delay - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
                    if (!await _pulse.WaitAsync(left, time, stopped)) break;
                if (_held) continue;
                (_merged, _atOnce) = (false, false);
                foreach (var projection in plugins.Projections) await UpdateAsync(projection);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task UpdateAsync(Owned<IProjection> projection)
    {
        if (calls.IsBusy(projection.It)) return; // left behind, and reported then
        var began = time.GetTimestamp();
        await calls.RunAsync(
            projection,
            async token =>
            {
                await projection.It.UpdateAsync(ledger, token);
                return true;
            },
            () => MostTime - time.GetElapsedTime(began));
    }
}
