using System.Globalization;
using System.Text;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>What a run came to.</summary>
internal sealed record ChaosReport
{
    private const int MostLines = 50;

    public required int Seed { get; init; }
    public required Over Over { get; init; }
    public required TimeSpan Busy { get; init; }
    public required TimeSpan Took { get; init; }
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    /// <summary>Kinds of faults that are not possible on this machine, with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>How often a send was refused for want of room; it was sent again.</summary>
    public required int Refused { get; init; }

    public required Audit Audit { get; init; }
    public required IReadOnlyList<(string Node, List<Vitals> Samples)> Vitals { get; init; }

    /// <summary>What broke besides: a node that did not start or stop, figures that grew.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    public bool Passed => Audit.Findings.Count == 0 && Problems.Count == 0;

    public string Verdict => Passed
        ? "passed: nothing lost, nothing doubled, every lane in order, nothing stuck"
        : $"FAILED: {string.Join(", ", Counts.Append($"{Problems.Count} problems"))}";

    private IEnumerable<string> Counts => Audit.Findings.GroupBy(f => f.Fault).Select(g => $"{g.Count()} {g.Key}");

    /// <summary>In Markdown.</summary>
    /// <param name="commit">What was run.</param>
    /// <param name="date">When.</param>
    public string Write(string commit, DateTimeOffset date)
    {
        var text = new StringBuilder();
        Line($"# Chaos: {Busy:hh\\:mm\\:ss} on {date:yyyy-MM-dd}\n");
        Line($"**{Verdict}**\n");
        Line($"| | |\n| --- | --- |\n| commit | {commit} |\n| seed | {Seed} |");
        Line($"| over | {Over} |");
        Line($"| faults for | {Busy:hh\\:mm\\:ss}, {Took:hh\\:mm\\:ss} with settling |");
        Line($"| nodes | {Vitals.Count}, each sends to and receives from all others, 3 lanes each |");
        Line($"| refused for want of room, and sent again | {Refused} times |");
        Line($"| accepted | {Audit.Accepted} |\n| seen | {Audit.Seen} |");
        Line($"| dead letters (moderate, each with its reason) | {Audit.Dead} |");
        Line($"| forgotten by a kill (moderate: their level means that) | {Audit.Forgotten} |");
        Line($"| late (moderate, overtaken while their sender was killed) | {Audit.Late} |");
        Line($"| longest delivery | {Audit.LongestDelivery.TotalSeconds:0.0} s |");
        Line($"\n| fault | times |\n| --- | --- |");
        foreach (var (what, times) in Faults.OrderBy(f => f.Key, StringComparer.Ordinal)) Line($"| {what} | {times} |");
        foreach (var left in LeftOut) Line($"| left out: {left} | – |");
        Line($"\n| node | after warm-up | at the end | most |\n| --- | --- | --- | --- |");
        foreach (var (node, samples) in Vitals.Where(v => v.Samples.Count > 0))
            Line($"| {node} | {WarmedUp(samples)} | {samples[^1]} | {Most(samples)} |");
        if (!Passed) Line($"\n## What is wrong\n");
        foreach (var problem in Problems) Line($"- {problem}");
        foreach (var finding in Audit.Findings.Take(MostLines)) Line($"- {finding.Fault}: {finding.What}");
        if (Audit.Findings.Count > MostLines) Line($"- and {Audit.Findings.Count - MostLines} more");
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static Vitals WarmedUp(List<Vitals> samples)
    {
        var until = TimeSpan.FromTicks(Math.Min(samples[^1].At.Ticks / 5, TimeSpan.FromMinutes(5).Ticks));
        return samples.First(s => s.At >= until);
    }

    private static Vitals Most(List<Vitals> samples) => new(
        default, samples.Max(s => s.Memory), samples.Max(s => s.Handles), samples.Max(s => s.Threads),
        samples.Max(s => s.Segments));
}
