namespace PluginNode.Delivery;

/// <summary>
/// The ordered queue of one (peer, ordering key). What is in flight stays at its head until there is a verdict, so
/// that order holds across retries; what ended meanwhile is skipped when it comes to the head.
/// </summary>
internal sealed class Lane(string key)
{
    private readonly Queue<Message> _queue = new();

    public string Key { get; } = key;
    public bool InFlight { get; set; }

    /// <summary>Whether it stands in one of its pump's queues: it must never stand in two.</summary>
    public bool Queued { get; set; }

    /// <summary>Ends of its messages that are not on stable storage yet: until they are, nothing of it is sent
    /// (decision 0018).</summary>
    public int Endings { get; set; }

    /// <summary>Whether it may stand in one of its pump's queues.</summary>
    public bool IsFree => !Queued && !InFlight && Endings == 0;

    /// <summary>Retries in a row while the peer was reachable.</summary>
    public int Refusals { get; set; }

    public bool IsEmpty => Head is null;

    public Message? Head
    {
        get
        {
            while (_queue.TryPeek(out var head))
            {
                if (head.Live) return head;
                _queue.Dequeue();
            }
            return null;
        }
    }

    public void Add(Message message) => _queue.Enqueue(message);

    /// <summary>Marks and returns messages from the head, within both bounds but at least one. One that goes raw is
    /// taken alone: nothing tells its repetition from it, so that what is uncertain at a time stays one.</summary>
    public List<Message> Take(int most, long bytes, long now, Predicate<string>? isRaw)
    {
        var taken = new List<Message>(Math.Min(most, _queue.Count));
        foreach (var message in _queue)
        {
            if (taken.Count > 0 && (taken.Count >= most || message.PayloadBytes > bytes)) break;
            if (!message.Live) continue;
            var raw = isRaw?.Invoke(message.Protocol) == true;
            if (taken.Count > 0 && (raw || message.NotBefore > now)) break;
            bytes -= message.PayloadBytes;
            message.State = MessageState.Sending;
            taken.Add(message);
            if (raw) break;
        }
        InFlight = true;
        return taken;
    }

    public IEnumerable<Message> Waiting => _queue.Where(m => m.Live);
}
