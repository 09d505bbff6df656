using PluginNode.Identity;

namespace PluginNode.MeshHttp;

/// <summary>
/// A semaphore that counts bytes: bounds what all request bodies together hold in memory, and what those of one peer
/// do. First come, first served, so that a large body is not starved by small ones; who waits for its own peer's share
/// holds nobody else up.
/// </summary>
/// <param name="bytes">For all together.</param>
/// <param name="share">For one peer; at least the largest body.</param>
internal sealed class ByteBudget(long bytes, long share)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private readonly Dictionary<PeerId, long> _held = [];
    private long _free = bytes;

    /// <summary>Waits for room. Each completed call needs one <see cref="Return"/> of as many.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first; nothing was taken.</exception>
    public async ValueTask TakeAsync(PeerId peer, long bytes, CancellationToken cancellation)
    {
        if (bytes == 0) return;
        LinkedListNode<Waiter> place;
        lock (_lock)
        {
            place = _waiting.AddLast(
                new Waiter(peer, bytes, new(TaskCreationOptions.RunContinuationsAsynchronously)));
            Grant();
        }
        await using (cancellation.UnsafeRegister(_ => GiveUp(place, cancellation), null))
            await place.Value.Granted.Task;
    }

    public void Return(PeerId peer, long bytes)
    {
        if (bytes == 0) return;
        lock (_lock)
        {
            _free += bytes;
            if ((_held[peer] -= bytes) == 0) _held.Remove(peer);
            Grant();
        }
    }

    private void GiveUp(LinkedListNode<Waiter> place, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (!place.Value.Granted.TrySetCanceled(cancellation)) return;
            _waiting.Remove(place);
            Grant();
        }
    }

    private void Grant()
    {
        HashSet<PeerId>? full = null;
        for (var place = _waiting.First; place is not null;)
        {
            var (waiter, next) = (place.Value, place.Next);
            var held = _held.GetValueOrDefault(waiter.Peer);
            // in their order within a peer, too
            if (held + waiter.Bytes > share) (full ??= []).Add(waiter.Peer);
            else if (full is null || !full.Contains(waiter.Peer))
            {
                if (waiter.Bytes > _free) return;
                _waiting.Remove(place);
                _free -= waiter.Bytes;
                _held[waiter.Peer] = held + waiter.Bytes;
                waiter.Granted.SetResult();
            }
            place = next;
        }
    }

    private sealed record Waiter(PeerId Peer, long Bytes, TaskCompletionSource Granted);
}
