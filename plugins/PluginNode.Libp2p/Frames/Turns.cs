using PluginNode.Identity;

namespace PluginNode.Libp2p.Frames;

/// <summary>
/// Lets one stream of frames a peer be served at a time. A newer one takes the place of an older one: who opens it does
/// not have the older one any more, or does not want it. What the older one is handing over ends first, so that order
/// holds. All members may be called from any thread.
/// </summary>
internal sealed class Turns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Turn> _latest = [];

    /// <summary>Asks the one before to leave, and waits until it has. Leave by disposing.</summary>
    public async Task<Turn> TakeAsync(PeerId peer)
    {
        var turn = new Turn(this, peer);
        Turn? before;
        lock (_gate)
        {
            before = _latest.GetValueOrDefault(peer);
            _latest[peer] = turn;
        }
        if (before is null) return turn;
        before.Replace();
        await before.Left;
        return turn;
    }

    /// <summary>One stream's turn.</summary>
    internal sealed class Turn(Turns turns, PeerId peer) : IDisposable
    {
        private readonly CancellationTokenSource _replaced = new();
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Cancelled when a newer stream is there.</summary>
        public CancellationToken Replaced => _replaced.Token;

        public Task Left => _left.Task;

        public void Replace()
        {
            lock (turns._gate)
                if (!_left.Task.IsCompleted) _ = _replaced.CancelAsync();
        }

        public void Dispose()
        {
            lock (turns._gate)
            {
                if (turns._latest.GetValueOrDefault(peer) == this) turns._latest.Remove(peer);
                _left.TrySetResult();
            }
        }
    }
}
