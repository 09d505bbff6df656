using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>Asks neighbours what they hold by day, and compares it with what is held here. Used by one loop.</summary>
internal sealed class NeighbourSurvey(
    SyncPlugins plugins, PluginCalls calls, LedgerIndex index, TimeProvider time)
{
    private const int AtOnce = 32;
    private const int MostDays = 4_000; // of a neighbour: eleven years
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(10);

    // Days that were read to the end and still differ, as they stood then: no reason to read them again.
    private readonly Dictionary<PeerId, Dictionary<DateOnly, (UInt128 Theirs, UInt128 Ours)>> _settled = [];
    private readonly Dictionary<PeerId, long> _behind = []; // the start of a day that was read in part

    // Days of which all that a neighbour held is here, by what it held: others told more of them.
    private readonly Dictionary<PeerId, Dictionary<DateOnly, UInt128>> _whole = [];

    /// <summary>What neighbours hold by day; those that can't say are not there.</summary>
    public async Task<Dictionary<PeerId, IReadOnlyList<LedgerDay>>> AskAsync(IReadOnlyList<Neighbour> neighbours)
    {
        var told = new Dictionary<PeerId, IReadOnlyList<LedgerDay>>();
        foreach (var part in neighbours.Chunk(AtOnce))
        {
            var asking = part.Select(n => (n.Id, Days: AskAsync(n))).ToList();
            foreach (var (id, days) in asking)
                if (await days is { } answer) told[id] = answer;
        }
        // What is the same now is all here, whatever comes to that day from others.
        var ours = index.Days().ToDictionary(d => d.Day);
        foreach (var (id, days) in told)
            foreach (var day in days.Where(d => ours.TryGetValue(d.Day, out var held) && held == d))
                WholeOf(id)[day.Day] = day.Fingerprint;
        return told;
    }

    /// <summary>From when on a neighbour is to be read that was read up to a mark: from the oldest day before it on
    /// which the two differ, unless that day was read to the end as it stands.</summary>
    public long Lower(PeerId neighbour, long mark, IReadOnlyList<LedgerDay> theirs)
    {
        var ours = index.Days().ToDictionary(d => d.Day);
        var settled = _settled.GetValueOrDefault(neighbour);
        foreach (var day in theirs)
        {
            if (NumberOf(day.Day) >= LedgerDays.DayOf(mark)) break; // that day is not all before it
            var held = ours.GetValueOrDefault(day.Day).Fingerprint;
            if (held != day.Fingerprint && settled?.GetValueOrDefault(day.Day) != (day.Fingerprint, held))
                return StartOf(day);
        }
        return Math.Min(mark, _behind.GetValueOrDefault(neighbour, long.MaxValue));
    }

    /// <summary>Takes note that this neighbour was read to the end, and what differs all the same: of days that were
    /// read as a whole that is settled. The day on which the reading began was read in part; where more is held there
    /// than here, something was told late, and the next reading begins with that day.</summary>
    /// <param name="neighbour">It, with the time that it was read from.</param>
    /// <param name="theirs">What it held by day before it was read.</param>
    /// <param name="keptAll">Whether all that was told is in the ledger.</param>
    /// <param name="told">What it told of the day on which the reading began; null where it began before all
    /// days.</param>
    public void Settle(Neighbour neighbour, IReadOnlyList<LedgerDay> theirs, bool keptAll, ToldDay? told)
    {
        var whole = WholeOf(neighbour.Id);
        foreach (var day in theirs.Where(d => NumberOf(d.Day) >= LedgerDays.DayOf(neighbour.Since)))
        {
            var isInPart = StartOf(day) < neighbour.Since;
            if (keptAll && (!isInPart || told?.IsRestIn(day, index) == true)) whole[day.Day] = day.Fingerprint;
            else if (!isInPart) whole.Remove(day.Day);
        }
        var ours = index.Days().ToDictionary(d => d.Day);
        if (!_settled.TryGetValue(neighbour.Id, out var settled)) _settled.Add(neighbour.Id, settled = []);
        _behind.Remove(neighbour.Id);
        foreach (var day in theirs)
        {
            var held = ours.GetValueOrDefault(day.Day);
            var pair = (day.Fingerprint, held.Fingerprint);
            if (StartOf(day) >= neighbour.Since)
            {
                if (day.Fingerprint == held.Fingerprint) settled.Remove(day.Day);
                else settled[day.Day] = pair;
            }
            else if (NumberOf(day.Day) == LedgerDays.DayOf(neighbour.Since) && day.Count > held.Count
                && settled.GetValueOrDefault(day.Day) != pair)
                _behind[neighbour.Id] = StartOf(day);
        }
    }

    /// <summary>What can be said now.</summary>
    /// <param name="asked">How many neighbours were asked for events.</param>
    /// <param name="answered">Those that answered.</param>
    /// <param name="told">What they hold by day, where they said so.</param>
    /// <param name="pruned">What they told that there was no room for.</param>
    public Coverage Cover(
        int asked, IReadOnlyList<Neighbour> answered, Dictionary<PeerId, IReadOnlyList<LedgerDay>> told, long pruned)
    {
        var ours = index.Days().ToDictionary(d => d.Day);
        var gaps = new List<CoverageGap>();
        var (all, agreeing, possible, disagreeing, who) = (0L, 0L, 0L, 0, 0);
        foreach (var neighbour in answered)
        {
            if (!told.TryGetValue(neighbour.Id, out var days)) continue;
            who++;
            var differs = false;
            foreach (var day in days)
            {
                var held = ours.GetValueOrDefault(day.Day);
                all += day.Count;
                var agrees = held.Count == day.Count && held.Fingerprint == day.Fingerprint;
                differs |= !agrees;
                // more is here than there, or who read it did not read it all, whatever it says
                var isWhole = held.Count >= day.Count && WasReadWhole(day);
                possible += Math.Min(held.Count, day.Count);
                if (agrees || isWhole) agreeing += day.Count;
                else gaps.Add(new CoverageGap(day.Day, neighbour.Name, day.Count, held.Count));
            }
            if (differs) disagreeing++;
        }
        return new Coverage
        {
            At = time.GetUtcNow(),
            Events = index.Count,
            Services = index.Services(),
            Asked = asked,
            Answered = answered.Count,
            Told = who,
            Disagreeing = disagreeing,
            Share = all > 0 ? (double)agreeing / all : null,
            ShareAtMost = all > 0 ? (double)possible / all : null,
            GapCount = gaps.Count,
            Gaps = [.. gaps.OrderByDescending(g => (long)g.Theirs - g.Ours).ThenBy(g => g.Day)
                .ThenBy(g => g.Neighbour, StringComparer.Ordinal).Take(Coverage.MostGaps)],
            IsFull = index.IsFull,
            Pruned = pruned,
        };
    }

    private Dictionary<DateOnly, UInt128> WholeOf(PeerId neighbour)
    {
        if (!_whole.TryGetValue(neighbour, out var whole)) _whole.Add(neighbour, whole = []);
        return whole;
    }

    // From whomever: of neighbours that hold the same one is read. Not where the ledger is full: what was read may have
    // gone since.
    private bool WasReadWhole(LedgerDay day) => !index.IsFull && _whole.Values.Any(days =>
        days.TryGetValue(day.Day, out var read) && read == day.Fingerprint);

    private static long StartOf(LedgerDay day) => LedgerDays.StartOf(NumberOf(day.Day));

    private static long NumberOf(DateOnly day) => day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private async Task<IReadOnlyList<LedgerDay>?> AskAsync(Neighbour neighbour)
    {
        foreach (var days in plugins.Days)
        {
            var began = time.GetTimestamp();
            var end = await calls.RunAsync(
                days, async token => Sorted(await days.It.DaysAsync(neighbour, token)),
                () => MostTime - time.GetElapsedTime(began));
            if (end.Value is { } sorted) return sorted;
        }
        return null;
    }

    // Null for what no ledger holds: the same day twice, a day without events, or one that no timestamp lies on.
    private static List<LedgerDay>? Sorted(IReadOnlyList<LedgerDay>? told)
    {
        if (told is null) return null;
        var days = told.OrderBy(d => d.Day).TakeLast(MostDays).ToList();
        if (days.Exists(d => d.Count <= 0 || NumberOf(d.Day) is < 0 or > LedgerDays.LastDay)) return null;
        return days.DistinctBy(d => d.Day).Count() == days.Count ? days : null;
    }
}
