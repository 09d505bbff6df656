namespace PluginNode.MeshHttp.Sync;

/// <summary>
/// Runs calls and merges side by side, and what they come to one after the other: whatever a run keeps in mind is only
/// touched between two steps, so that it needs no lock. A merge takes the place of a call: so what has arrived and is
/// not merged yet is bounded too.
/// </summary>
/// <param name="most">Steps at once.</param>
internal sealed class StepLoop(int most)
{
    private readonly List<Task<Action>> _running = [];

    /// <summary>Goes on until nothing is to be done and nothing is under way.</summary>
    /// <param name="next">How the next step begins; null while there is none. What it completes with is run between
    /// two steps.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(Func<CancellationToken, Func<Task<Action>>?> next, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                while (_running.Count < most && next(stop.Token) is { } begin) _running.Add(begin());
                if (_running.Count == 0) return;
                var ended = await Task.WhenAny(_running);
                _running.Remove(ended);
                (await ended)();
            }
        }
        finally
        {
            // one that failed ends the others; none of them is left behind
            await stop.CancelAsync();
            foreach (var step in _running) await ((Task)step).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
