namespace PluginNode.Mqtt.Client;

/// <summary>
/// Messages of QoS 1 that the broker has not acknowledged. They outlive a connection: on the next one they are sent
/// again, with their packet ids, in their order and with the DUP flag, also where the broker has lost the session and
/// might have passed them on (5.0 §4.4). Their ids are 1 to the largest window; others take larger ones. Any thread.
/// </summary>
internal sealed class InFlightWindow
{
    private readonly Lock _lock = new();
    private readonly Outgoing?[] _byId;
    private readonly Queue<ushort> _free = new();
    private readonly Queue<Outgoing> _again = new();
    private long _order;
    private int _limit;
    private int _out;

    public InFlightWindow(int most)
    {
        _byId = new Outgoing?[most + 1];
        for (var id = 1; id <= most; id++) _free.Enqueue((ushort)id);
    }

    public int Count
    {
        get { lock (_lock) return _byId.Length - 1 - _free.Count; }
    }

    /// <summary>A connection begins: everything is to be sent again, but what its publisher has given up. That is
    /// forgotten, where the broker has no session that waits for it (5.0 §4.4): else a message that ends each
    /// connection would do so for ever.</summary>
    /// <param name="receiveMaximum">The broker's.</param>
    /// <param name="sessionPresent">The broker has kept the session.</param>
    /// <returns>What was forgotten.</returns>
    public IReadOnlyList<Outgoing> BeginConnection(int receiveMaximum, bool sessionPresent)
    {
        var forgotten = new List<Outgoing>();
        lock (_lock)
        {
            _limit = receiveMaximum;
            _out = 0;
            _again.Clear();
            foreach (var item in _byId.OfType<Outgoing>().OrderBy(i => i.Order))
            {
                item.IsOut = false;
                if (sessionPresent || !item.IsGivenUp) _again.Enqueue(item);
                else
                {
                    _byId[item.Packet.Id] = null;
                    _free.Enqueue(item.Packet.Id);
                    forgotten.Add(item);
                }
            }
        }
        return forgotten;
    }

    /// <summary>The next one that is to be sent again; null: there is none, or no room in the window.</summary>
    public Outgoing? NextAgain(out bool mustWait)
    {
        lock (_lock)
        {
            mustWait = _again.Count > 0 && _out >= _limit;
            if (mustWait || !_again.TryDequeue(out var item)) return null;
            item.Packet.Duplicate = true;
            item.IsOut = true;
            _out++;
            return item;
        }
    }

    /// <summary>Gives a message its packet id, or says that the window is full.</summary>
    public bool TryEnter(Outgoing item)
    {
        lock (_lock)
        {
            if (_out >= _limit || !_free.TryDequeue(out var id)) return false;
            item.Packet.Id = id;
            item.Order = ++_order;
            item.IsOut = true;
            _byId[id] = item;
            _out++;
            return true;
        }
    }

    /// <summary>The broker has answered, or the message cannot be sent. Null: no such message is out.</summary>
    public Outgoing? Remove(ushort id)
    {
        lock (_lock)
        {
            if (id >= _byId.Length || _byId[id] is not { IsOut: true } item) return null;
            _byId[id] = null;
            _free.Enqueue(id);
            _out--;
            return item;
        }
    }

    /// <summary>Empties it: the client ends.</summary>
    public IReadOnlyList<Outgoing> Close()
    {
        lock (_lock)
        {
            Outgoing[] left = [.. _byId.OfType<Outgoing>().OrderBy(i => i.Order)];
            Array.Clear(_byId);
            _again.Clear();
            _limit = 0;
            return left;
        }
    }
}
