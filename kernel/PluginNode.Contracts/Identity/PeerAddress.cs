using System.Diagnostics.CodeAnalysis;

namespace PluginNode.Identity;

/// <summary>
/// Where a peer may be reached: a scheme that names the transport, and a rest that only that transport reads.
/// The scheme stands before the first <c>:</c>; a multiaddr, which begins with <c>/</c>, has the scheme <c>/</c>.
/// </summary>
/// <param name="Scheme">E.g. <c>mesh+http</c>, <c>mqtt</c>, <c>/</c>; in lower case.</param>
/// <param name="Text">The whole address as it was given.</param>
public readonly record struct PeerAddress(string Scheme, string Text)
{
    /// <summary>Reads an address of 3 to 1 024 characters without white space or control characters.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PeerAddress address)
    {
        address = default;
        if (text is null || text.Length is < 3 or > 1024) return false;
        foreach (var c in text)
            if (char.IsControl(c) || char.IsWhiteSpace(c)) return false;
        if (text[0] == '/')
        {
            address = new PeerAddress("/", text);
            return true;
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || colon == text.Length - 1) return false;
        address = new PeerAddress(text[..colon].ToLowerInvariant(), text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
