using System.Globalization;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>Whether a process that ran all the time holds more and more.</summary>
internal static class Growth
{
    /// <summary>Shorter runs say nothing: a process takes its time until it holds what it needs.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(30);

    private const double MemorySlack = 64;
    private const int HandleSlack = 64;
    private const int ThreadSlack = 32;

    /// <summary>What an id costs that is remembered for the duplicate window, at most, in MiB.</summary>
    private const double Remembered = 512.0 / (1 << 20);

    /// <summary>What grew, one line each.</summary>
    /// <param name="samples">At even intervals, of one process.</param>
    /// <param name="messages">How many it sent and received in all.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<Vitals> samples, long messages)
    {
        if (samples.Count < 8 || samples[^1].At - samples[0].At < Least) return [];
        var quarter = samples.Count / 4;
        var (early, late) = (samples.Skip(quarter).Take(quarter).ToList(), samples.TakeLast(quarter).ToList());
        List<string> grown = [];
        Judge("memory in MiB", v => v.Memory, MemorySlack + (messages * Remembered));
        Judge("handles", v => v.Handles, HandleSlack);
        Judge("threads", v => v.Threads, ThreadSlack);
        return grown;

        void Judge(string what, Func<Vitals, double> of, double slack)
        {
            var (before, after) = (Median(early, of), Median(late, of));
            if (after - before > slack)
                grown.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{what}: {before:0} in the second quarter, {after:0} in the last"));
        }
    }

    private static double Median(List<Vitals> samples, Func<Vitals, double> of) =>
        samples.Select(of).Order().ElementAt(samples.Count / 2);
}
