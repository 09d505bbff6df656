namespace PluginNode.Peering;

/// <summary>Why something was not done: a line that may be logged, and sent to a peer, whoever wrote it.</summary>
internal static class ReasonLine
{
    /// <summary>Characters, of UTF-16.</summary>
    public const int Most = 200;

    /// <summary>At most <see cref="Most"/> characters without control characters; none is cut in two.</summary>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (text.Length > Most) text = text[..(char.IsHighSurrogate(text[Most - 1]) ? Most - 1 : Most)];
        return text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
    }
}
