namespace PluginNode.Libp2p.Raw;

/// <summary>The protocols of raw streams: each by its whole id, or all that begin with what ends in a slash.</summary>
internal sealed class RawProtocols
{
    /// <summary>Entries of the setting.</summary>
    public const int MostEntries = 64;

    /// <summary>Characters of a protocol's id; the node takes no longer ones.</summary>
    public const int MostCharacters = 255;

    private readonly HashSet<string> _exact;
    private readonly string[] _prefixes;

    /// <param name="entries">Each is one, see <see cref="IsEntry"/>.</param>
    public RawProtocols(IEnumerable<string> entries)
    {
        var prefixes = entries.ToLookup(IsPrefix);
        _exact = prefixes[false].ToHashSet(StringComparer.Ordinal);
        _prefixes = [.. prefixes[true]];
    }

    /// <summary>Those that are named in full: others are told of them.</summary>
    public IReadOnlyCollection<string> Named => _exact;

    /// <summary>Whether streams of this protocol are raw.</summary>
    public bool Has(string protocol) =>
        protocol.Length is > 0 and <= MostCharacters && (_exact.Contains(protocol)
            || (Array.Exists(_prefixes, p => protocol.StartsWith(p, StringComparison.Ordinal)) && IsPlain(protocol)));

    /// <summary>Whether a text names protocols: 2 to 255 characters, the first one a slash, no white space.</summary>
    public static bool IsEntry(string? text) =>
        text is { Length: >= 2 and <= MostCharacters } && text[0] == '/' && IsPlain(text);

    private static bool IsPlain(string text) => !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c));

    private static bool IsPrefix(string entry) => entry[^1] == '/';
}
