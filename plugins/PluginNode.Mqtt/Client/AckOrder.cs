namespace PluginNode.Mqtt.Client;

/// <summary>
/// Acknowledges received messages of QoS 1 in the order in which they came (5.0 §4.6), each once every handler that it
/// went to is done. Of one connection: what is settled after its end is acknowledged nowhere, and the broker sends it
/// again. Any thread.
/// </summary>
internal sealed class AckOrder(Action<ushort, MqttReason> acknowledge)
{
    private readonly Lock _lock = new();
    private readonly Queue<Ticket> _waiting = new();
    private readonly Signal _room = new();

    public int Count
    {
        get { lock (_lock) return _waiting.Count; }
    }

    /// <summary>A message has come; settle the ticket as often as it is given to a handler.</summary>
    public Ticket Add(ushort id, int handlers)
    {
        var ticket = new Ticket(this, id, handlers);
        lock (_lock) _waiting.Enqueue(ticket);
        if (handlers == 0) Flush();
        return ticket;
    }

    /// <summary>Waits until fewer than so many wait. For one reader.</summary>
    public async ValueTask WaitForRoomAsync(int most, CancellationToken cancellationToken)
    {
        while (Count >= most) await _room.WaitAsync(cancellationToken);
    }

    private void Flush()
    {
        lock (_lock)
            while (_waiting.TryPeek(out var first) && first.Left <= 0)
            {
                _waiting.Dequeue();
                acknowledge(first.Id, first.Reason);
            }
        _room.Set();
    }

    internal sealed class Ticket(AckOrder order, ushort id, int handlers)
    {
        private int _left = handlers;

        public ushort Id { get; } = id;

        public int Left => Volatile.Read(ref _left);

        public MqttReason Reason { get; private set; }

        /// <summary>A handler is done with it.</summary>
        public void Settle(MqttReason reason)
        {
            if (reason != MqttReason.Success) Reason = reason;
            if (Interlocked.Decrement(ref _left) == 0) order.Flush();
        }
    }
}
