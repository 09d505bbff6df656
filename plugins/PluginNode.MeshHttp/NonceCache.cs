using PluginNode.Identity;

namespace PluginNode.MeshHttp;

/// <summary>What a nonce is.</summary>
internal enum NonceVerdict
{
    Fresh,
    Replayed,
    Full,
}

/// <summary>
/// Nonces of signed requests, for as long as their timestamps are accepted. Bounded by sender: one that is full is told to
/// come later, because forgetting a nonce would let a request be replayed.
/// </summary>
internal sealed class NonceCache(TimeProvider time)
{
    private const int MostOfASender = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, Sender> _senders = [];

    private sealed record Sender(HashSet<string> Nonces, Queue<(string Nonce, long Until)> Order);

    public NonceVerdict Add(PeerId from, string nonce)
    {
        var now = time.GetTimestamp();
        // A timestamp may lie ahead by the tolerance and is accepted until behind by it.
        var until = now + (long)(2 * MeshHeaders.Tolerance.TotalSeconds * time.TimestampFrequency);
        lock (_lock)
        {
            if (!_senders.TryGetValue(from, out var sender))
                _senders.Add(from, sender = new Sender(new HashSet<string>(StringComparer.Ordinal), new()));
            while (sender.Order.TryPeek(out var oldest) && oldest.Until < now)
                sender.Nonces.Remove(sender.Order.Dequeue().Nonce);
            if (sender.Nonces.Contains(nonce)) return NonceVerdict.Replayed;
            if (sender.Nonces.Count >= MostOfASender) return NonceVerdict.Full;
            sender.Nonces.Add(nonce);
            sender.Order.Enqueue((nonce, until));
            return NonceVerdict.Fresh;
        }
    }
}
