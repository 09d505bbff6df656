using System.Text;

namespace PluginNode.Mqtt.Packets;

/// <summary>Topic names and filters (5.0 §4.7).</summary>
internal static class TopicText
{
    private const int MostBytes = 65_535;

    /// <summary>Null, or what is wrong with a topic name.</summary>
    public static string? ProblemOfName(string topic) =>
        topic.Length == 0 ? "a topic has at least one character"
        : topic.AsSpan().ContainsAny('+', '#') ? "a topic that is published to has no wildcards"
        : ProblemOfText(topic);

    /// <summary>Null, or what is wrong with a topic filter.</summary>
    public static string? ProblemOfFilter(string filter)
    {
        if (filter.Length == 0) return "a topic filter has at least one character";
        ReadOnlySpan<char> rest = filter;
        for (var more = true; more;)
        {
            var level = NextLevel(ref rest, out more);
            if (level.Contains('#') && (level is not "#" || more)) return "'#' stands alone, as the last level";
            if (level.Contains('+') && level is not "+") return "'+' stands alone in its level";
        }
        return ProblemOfText(filter);
    }

    /// <summary>Whether a filter takes in a topic: <c>+</c> one level, <c>#</c> the level above and all below; topics
    /// that begin with <c>$</c> are not matched by a wildcard there (5.0 §4.7.2).</summary>
    public static bool Matches(string filter, string topic)
    {
        ReadOnlySpan<char> f = Shared(filter), t = topic;
        if (topic is ['$', ..] && f is ['+' or '#', ..]) return false;
        while (true)
        {
            var level = NextLevel(ref f, out var moreFilter);
            if (level is "#") return true;
            var name = NextLevel(ref t, out var moreTopic);
            if (level is not "+" && !level.SequenceEqual(name)) return false;
            if (!moreTopic) return !moreFilter || f is "#";
            if (!moreFilter) return false;
        }
    }

    // $share/{group}/{filter} (5.0 §4.8.2)
    private static ReadOnlySpan<char> Shared(string filter)
    {
        const string prefix = "$share/";
        if (!filter.StartsWith(prefix, StringComparison.Ordinal)) return filter;
        var slash = filter.IndexOf('/', prefix.Length);
        return slash < 0 ? filter : filter.AsSpan(slash + 1);
    }

    private static ReadOnlySpan<char> NextLevel(ref ReadOnlySpan<char> rest, out bool more)
    {
        var slash = rest.IndexOf('/');
        more = slash >= 0;
        var level = more ? rest[..slash] : rest;
        rest = more ? rest[(slash + 1)..] : default;
        return level;
    }

    /// <summary>Null, or why this cannot be written as a text (5.0 §1.5.4).</summary>
    public static string? ProblemOfText(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) return "U+0000 may not stand in a text";
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return "a text is no Unicode";
            i++;
        }
        return Encoding.UTF8.GetByteCount(text) > MostBytes ? $"a text has at most {MostBytes} bytes" : null;
    }
}
