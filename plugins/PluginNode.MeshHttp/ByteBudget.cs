namespace PluginNode.MeshHttp;

/// <summary>A semaphore that counts bytes: bounds what all request bodies together hold in memory. First come, first
/// served, so that a large body is not starved by small ones.</summary>
internal sealed class ByteBudget(long bytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _free = bytes;

    /// <summary>Waits for room. Each completed call needs one <see cref="Return"/> of as many.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first; nothing was taken.</exception>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellation)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Granted)> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _free >= bytes)
            {
                _free -= bytes;
                return;
            }
            place = _waiting.AddLast((bytes, new(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        await using (cancellation.UnsafeRegister(_ => GiveUp(place, cancellation), null))
            await place.Value.Granted.Task;
    }

    public void Return(long bytes)
    {
        lock (_lock)
        {
            _free += bytes;
            Grant();
        }
    }

    private void GiveUp(
        LinkedListNode<(long Bytes, TaskCompletionSource Granted)> place, CancellationToken cancellation)
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
        while (_waiting.First is { } next && next.Value.Bytes <= _free)
        {
            _waiting.RemoveFirst();
            _free -= next.Value.Bytes;
            next.Value.Granted.SetResult();
        }
    }
}
