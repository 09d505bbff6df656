namespace PluginNode.Mqtt.Client;

/// <summary>
/// Messages that wait to be sent, in order, bounded in number and in bytes. Publishers wait in the order in which they
/// came until there is room. Bytes are given back once a message has ended, not when it is taken. Any thread.
/// </summary>
internal sealed class OutboundQueue(int mostMessages, long mostBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<Outgoing> _items = new();
    private readonly LinkedList<(Outgoing Item, TaskCompletionSource<bool> Entered)> _waiters = new();
    private long _bytes;
    private bool _closed;

    /// <summary>Completes when it is in the queue; false: the queue is closed.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before; it is not in the queue.</exception>
    public ValueTask<bool> AddAsync(Outgoing item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_closed) return new ValueTask<bool>(false);
            if (_waiters.Count == 0 && HasRoomFor(item))
            {
                Enter(item);
                return new ValueTask<bool>(true);
            }
            var entered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<bool>(WaitAsync(_waiters.AddLast((item, entered)), cancellationToken));
        }
    }

    /// <summary>The first, without taking it; only one thread takes.</summary>
    public Outgoing? Peek()
    {
        lock (_lock) return _items.TryPeek(out var item) ? item : null;
    }

    /// <summary>Takes the first.</summary>
    public void Take()
    {
        lock (_lock)
        {
            _items.Dequeue();
            Admit();
        }
    }

    /// <summary>A message that was taken has ended.</summary>
    public void Release(Outgoing item)
    {
        lock (_lock)
        {
            _bytes -= item.Bytes;
            Admit();
        }
    }

    /// <summary>Nothing is added any more. What is in it is the caller's.</summary>
    public IReadOnlyList<Outgoing> Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var (_, entered) in _waiters) entered.TrySetResult(false);
            _waiters.Clear();
            Outgoing[] left = [.. _items];
            _items.Clear();
            return left;
        }
    }

    private async Task<bool> WaitAsync(
        LinkedListNode<(Outgoing Item, TaskCompletionSource<bool> Entered)> waiter, CancellationToken cancellationToken)
    {
        await using var cancelled = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (waiter.List is null) return;
                _waiters.Remove(waiter);
                waiter.Value.Entered.TrySetCanceled(cancellationToken);
                Admit(); // a smaller one behind it may fit
            }
        });
        return await waiter.Value.Entered.Task;
    }

    private bool HasRoomFor(Outgoing item) =>
        _items.Count < mostMessages && (_bytes == 0 || _bytes + item.Bytes <= mostBytes);

    private void Enter(Outgoing item)
    {
        _items.Enqueue(item);
        _bytes += item.Bytes;
    }

    private void Admit()
    {
        while (_waiters.First is { } first && HasRoomFor(first.Value.Item))
        {
            _waiters.RemoveFirst();
            Enter(first.Value.Item);
            first.Value.Entered.TrySetResult(true);
        }
    }
}
