using System.Text;

namespace PluginNode.Mqtt.Ledger;

/// <summary>Which neighbour is asked about whom, as nara does it: so that the same neighbours are asked about the same
/// subjects by everyone.</summary>
internal static class Partition
{
    /// <summary>Cuts subjects into parts, some of which may be empty. Their order stays, doubles too.</summary>
    /// <param name="subjects">Names.</param>
    /// <param name="parts">How many; at least one is made, and not more than there are subjects.</param>
    public static List<string>[] Of(IReadOnlyCollection<string> subjects, int parts)
    {
        parts = Math.Min(Math.Max(1, parts), subjects.Count);
        var cut = new List<string>[parts];
        for (var i = 0; i < parts; i++) cut[i] = [];
        foreach (var subject in subjects) cut[BucketOf(subject, parts)].Add(subject);
        return cut;
    }

    /// <summary>Which of so many parts a name belongs to: folded over its code points.</summary>
    public static int BucketOf(string subject, int parts)
    {
        long bucket = 0;
        foreach (var rune in subject.EnumerateRunes()) bucket = ((bucket * 31) + rune.Value) % parts;
        return (int)bucket;
    }
}
