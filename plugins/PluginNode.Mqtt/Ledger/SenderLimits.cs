namespace PluginNode.Mqtt.Ledger;

/// <summary>What one sender may ask for, so many requests a second over a burst. Keeps so many senders in mind; while
/// more than that ask, further ones are not answered. Any thread.</summary>
/// <param name="perSecond">Requests a second.</param>
/// <param name="burst">Requests at once.</param>
/// <param name="time">The steady clock.</param>
internal sealed class SenderLimits<TSender>(double perSecond, int burst, TimeProvider time)
    where TSender : notnull
{
    private const int MostSenders = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<TSender, (double Used, long At)> _senders = [];

    /// <summary>False: it is too much now.</summary>
    public bool TryTake(TSender sender)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var used = _senders.TryGetValue(sender, out var known) ? Left(known, now) : 0;
            if (used + 1 > burst) return false;
            if (_senders.Count >= MostSenders && !_senders.ContainsKey(sender)) Forget(now);
            if (_senders.Count >= MostSenders && !_senders.ContainsKey(sender)) return false;
            _senders[sender] = (used + 1, now);
            return true;
        }
    }

    private double Left((double Used, long At) known, long now) =>
        Math.Max(0, known.Used - (perSecond * time.GetElapsedTime(known.At, now).TotalSeconds));

    private void Forget(long now)
    {
        foreach (var (sender, known) in _senders)
            if (Left(known, now) == 0) _senders.Remove(sender);
    }
}
