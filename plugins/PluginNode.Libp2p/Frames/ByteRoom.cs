namespace PluginNode.Libp2p.Frames;

/// <summary>A semaphore that counts bytes: bounds what all batches that are being received hold in memory together.
/// First come, first served, so that a large batch is not starved by small ones.</summary>
/// <param name="bytes">For all together.</param>
internal sealed class ByteRoom(long bytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _free = bytes;

    /// <summary>Waits for room. Each completed call needs one <see cref="Return"/> of as many.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first; nothing was taken.</exception>
    public async ValueTask TakeAsync(long count, CancellationToken cancellation)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Granted)> place;
        lock (_lock)
        {
            place = _waiting.AddLast((count, new(TaskCreationOptions.RunContinuationsAsynchronously)));
            Grant();
        }
        await using (cancellation.UnsafeRegister(_ => GiveUp(place, cancellation), null))
            await place.Value.Granted.Task;
    }

    public void Return(long count)
    {
        lock (_lock)
        {
            _free += count;
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
        while (_waiting.First is { } first && first.Value.Bytes <= _free)
        {
            _waiting.RemoveFirst();
            _free -= first.Value.Bytes;
            first.Value.Granted.SetResult();
        }
    }
}
