using System.Globalization;
using PluginNode.Api;
using PluginNode.Composition;

namespace PluginNode.Commands;

/// <summary>How recovery stands, for people.</summary>
internal static class RecoveryScreen
{
    private static readonly string[] StepColumns =
    [
        "strategy", "for", "neighbour", "outcome", "calls", "failed", "received", "new", "known", "rejected", "pending",
        "pruned", "bytes", "why",
    ];

    /// <summary>All of it.</summary>
    public static void Show(Answer<RecoveryBody> answer, Screen screen)
    {
        var r = answer.Value;
        screen.Fields(answer.Json, Fields(r).Concat(r.Coverage is { } c ? CoverageFields(c) : []));
        if (screen.IsJson) return;
        if (r.Steps.Count > 0) screen.Table("", "", StepColumns, r.Steps.SelectMany(Rows));
        if (r.Coverage is { Services.Count: > 0 } held)
            screen.Table("", "", ["service", "events", "oldest", "newest"], held.Services.Select(s => new[]
            {
                s.Service, Text(s.Events), Screen.Time(s.Oldest), Screen.Time(s.Newest),
            }));
        if (r.Coverage is { Gaps.Count: > 0 } gaps)
            screen.Table("", "", ["day (UTC)", "neighbour", "theirs", "ours"], gaps.Gaps.Select(g => new[]
            {
                g.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), g.Neighbour, Text(g.Theirs), Text(g.Ours),
            }));
    }

    /// <summary>What one peer told that was asked by hand.</summary>
    public static void Show(Answer<RecoveryAskResult> answer, Screen screen) => screen.Table(
        answer.Json, "there is no strategy", StepColumns, answer.Value.Steps.SelectMany(Rows));

    /// <summary>One line while it is under way.</summary>
    public static string Line(RecoveryBody r) => r.Progress is { } p
        ? $"{r.State} by {r.Strategy}: "
            + ProgressText.Of(p.Calls, p.Events, p.Expected, p.Bytes, p.EventsPerSecond, p.TimeLeft?.Value)
        : $"{r.State}, try {Text(r.Attempt)} …";

    private static IEnumerable<(string Name, string? Value)> Fields(RecoveryBody r) =>
    [
        ("state", Explained(r)), ("refused", r.State == "alone" ? "" : Refused(r.Refusing)), ("strategy", r.Strategy),
        ("chain", r.Chain.Count == 0 ? "no strategy" : string.Join(", ", r.Chain)),
        ("signatures by", r.SignatureChecks), ("try", r.Attempt == 0 ? "" : Text(r.Attempt)),
        ("began", Screen.Time(r.StartedAt)), ("ended", Screen.Time(r.EndedAt)), ("next", Screen.Time(r.NextAt)),
        ("progress", r.Progress is null ? "" : Line(r)),
        ("background", r.LastBackground is { } b
            ? $"{Screen.Time(b.At)} {b.Outcome}, {Text(b.Merged)} new from {string.Join(", ", b.From)}"
                + string.Concat(b.Neighbours.Where(n => n.Counts.Rejected.Count > 0)
                    .Select(n => $"; of {n.Name} {Rejected(n.Counts.Rejected)} kept out"))
                + (b.Reason is null ? "" : $": {b.Reason}")
            : ""),
    ];

    private static IEnumerable<(string Name, string? Value)> CoverageFields(CoverageBody c)
    {
        var n = c.Neighbours;
        return
        [
            ("coverage", ProgressText.Share(c.Share, c.ShareAtMost)),
            ("events", Text(c.Events) + (c.Full ? ", full: what is less important or older is left out" : "")),
            ("neighbours", $"{n.Asked} asked, {n.Answered} answered, {n.Told} told what they hold by day, "
                + $"{n.Disagreeing} hold something else"),
            ("gaps", c.GapCount == 0
                ? "" : $"{Text(c.GapCount)} days on which a neighbour holds what may be missing here"),
        ];
    }

    private static IEnumerable<string?[]> Rows(RecoveryStepBody s)
    {
        yield return Row(s.Strategy, s.Purpose, "", s.Outcome, s.Counts, s.Reason);
        foreach (var n in s.Neighbours) yield return Row("", "", n.Name, "", n.Counts, n.LastFailure);
    }

    private static string?[] Row(
        string strategy, string purpose, string neighbour, string outcome, SyncCountsBody c, string? why) =>
    [
        strategy, purpose, neighbour, outcome, Text(c.Calls), Text(c.Failures), Text(c.Received), Text(c.Merged),
        Text(c.Duplicates), Rejected(c.Rejected), Text(c.Pending), Text(c.Pruned), ProgressText.Bytes(c.Bytes), why,
    ];

    private static string Rejected(IReadOnlyDictionary<string, long> rejected) => rejected.Count == 0
        ? "0" : string.Join(", ", rejected.Select(r => $"{Text(r.Value)} {r.Key}"));

    private static string Explained(RecoveryBody r) => r.State switch
    {
        "off" => "off: there is no sync strategy",
        "waiting" => "waiting for neighbours",
        "checkpoints" => "reading checkpoints",
        "partial" => "partial: the rest is got in the background",
        "alone" when r.Refusing > 0 => $"alone: {Refused(r.Refusing)}; it is tried again in the background",
        "alone" => "alone: no neighbour answered; it is tried again in the background",
        var state => state,
    };

    private static string Refused(int neighbours) => neighbours switch
    {
        0 => "",
        1 => "a neighbour refuses this node: it must be in its peer list, with its name and its public key",
        _ => $"{Text(neighbours)} neighbours refuse this node: it must be in their peer list, with its name and its "
            + "public key",
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
