using PluginNode.Events;
using PluginNode.Plugins;

namespace PluginNode.Ledger;

/// <summary>
/// Answers one query for a sample. Half of it is for critical events, whose age makes no difference; what one half
/// does not need is the other's. So neither can starve the other, and each answer brings others of them. Of the rest an
/// event weighs half as much for each half-life of its age, and twice as much for each grade of its importance. Used
/// under the index's lock.
/// </summary>
internal sealed class LedgerSampler(Shelves shelves, LedgerQuery query, IChance chance)
{
    /// <summary>In days, as in the nara network's code (its documents say 30).</summary>
    private const double HalfLife = 14.4;

    // Days are groups of equal weight. Times that nobody lived in must not make a group each.
    private const long FirstDay = 18_262; // 2020-01-01

    private readonly HashSet<string> _subjects = new(query.Subjects, StringComparer.Ordinal);
    private readonly Urn _critical = new(chance), _others = new(chance);
    private readonly List<LedgerEntry> _drawn = [];

    /// <summary>How many entries and groups were looked at.</summary>
    public int Steps => _critical.Steps + _others.Steps;

    public LedgerPage Sample()
    {
        foreach (var (subject, shelf) in shelves.Of(query)) Fill(subject, shelf);
        Draw(_critical, (query.Limit + 1) / 2);
        Draw(_others, query.Limit);
        Draw(_critical, query.Limit);
        _drawn.Sort(LedgerKey.Compare);
        return new LedgerPage(_drawn.ConvertAll(e => e.Event), null);
    }

    private void Fill(string? subject, Shelf shelf)
    {
        foreach (var importance in Enum.GetValues<EventImportance>())
        {
            if (shelf.Of(importance) is not { Count: > 0 } run) continue;
            var ranked = new RankedRun(subject, run);
            var from = ranked.Seek(LedgerKey.Before(query.Since));
            if (importance == EventImportance.Critical) _critical.Add(ranked, from, ranked.Count - from, logWeight: 0);
            else FillDays(ranked, from, (int)importance * Math.Log(2));
        }
    }

    private void FillDays(RankedRun run, int from, double logImportance)
    {
        while (from < run.Count)
        {
            var day = Math.Max(LedgerDays.DayOf(run[from].Timestamp), FirstDay);
            var to = day >= LedgerDays.LastDay ? run.Count : run.Seek(LedgerKey.Before(LedgerDays.StartOf(day + 1)));
            _others.Add(run, from, to - from, logImportance + (day * Math.Log(2) / HalfLife));
            from = to;
        }
    }

    private void Draw(Urn urn, int until)
    {
        while (_drawn.Count < until && urn.Draw() is (var subject, var entry))
        {
            // What stands on two of the shelves counts on its actor's.
            if (subject is null || subject == entry.Actor || !_subjects.Contains(entry.Actor)) _drawn.Add(entry);
        }
    }
}
