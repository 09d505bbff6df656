using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.NaraEvents.Presence;

/// <summary>What events say about one name, put together. The order in which they are added makes no
/// difference.</summary>
internal sealed class Tally
{
    private const long NanosecondsPerTick = 100;

    private readonly HashSet<long> _starts = [];
    private readonly List<double> _roundTrips = [];
    private (LedgerCursor At, bool IsUp)? _lastWord;
    private (long AsOf, EventId Id, long Restarts)? _checkpoint;
    private long _lastSeen, _mostTold;

    public void Add(Fact fact, LedgerCursor at)
    {
        if (fact.IsUp is { } isUp && (_lastWord is not { } word || IsAfter(at, word.At))) _lastWord = (at, isUp);
        if (fact.WasSeen) _lastSeen = Math.Max(_lastSeen, at.Timestamp);
        if (fact.RoundTrip is { } time) _roundTrips.Add(time);
        if (fact.AsOf is { } asOf)
        {
            if (_checkpoint is not { } c || (asOf, at.Id!.Value).CompareTo((c.AsOf, c.Id)) > 0)
                _checkpoint = (asOf, at.Id!.Value, fact.Restarts);
        }
        else if (fact.Start is { } start)
        {
            _starts.Add(start);
            _mostTold = Math.Max(_mostTold, fact.Restarts);
        }
    }

    public PeerPresence ToPresence() => new()
    {
        IsUp = _lastWord?.IsUp,
        LastSeen = _lastSeen == 0
            ? null : DateTimeOffset.UnixEpoch.AddTicks(_lastSeen / NanosecondsPerTick),
        Restarts = Restarts(),
        PingMilliseconds = _roundTrips.Count == 0 ? null : Average(),
        Pings = _roundTrips.Count,
    };

    // As nara counts: what voters agreed on, and the starts after it. Where they agreed on nothing, the most that an
    // observer told.
    private int? Restarts()
    {
        if (_checkpoint is { } c) return Clip(c.Restarts + _starts.Count(s => s > c.AsOf));
        return _starts.Count > 0 ? Clip(Math.Max(_mostTold, _starts.Count)) : null;
    }

    // A sum depends on the order of its parts, in the last digit.
    private double Average()
    {
        _roundTrips.Sort();
        return _roundTrips.Average();
    }

    private static int Clip(long count) => (int)Math.Clamp(count, 0, int.MaxValue);

    private static bool IsAfter(LedgerCursor one, LedgerCursor other) =>
        (one.Timestamp, one.Id!.Value).CompareTo((other.Timestamp, other.Id!.Value)) > 0;
}
