using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Events;

namespace PluginNode.Identity;

/// <summary>
/// Signs the nara network's HTTP headers and responses. What keeps its bare signatures apart from all others of this
/// key: a text begins with the node's name, which has no <c>/</c> and no <c>:</c>, and goes on with digits, so that it
/// is neither a domain tag (<c>pluginnode/…</c>) nor a vote (<c>attestation:…</c>); only a response ends with <c>=</c>,
/// and the hash over ids is over no text that an event has. Texts of 32 bytes that are an event's hash too would take
/// more than 2^100 tries.
/// </summary>
public sealed class NaraSigner : INaraSigner
{
    private const int MaxPath = 128;
    private const int MaxText = Event.MaxNameBytes + 20 + 4 + MaxPath;

    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789/._-");

    private readonly NodeIdentity _identity;

    /// <param name="identity">The node's key.</param>
    /// <param name="name">As <see cref="IsName"/> has it.</param>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    public NaraSigner(NodeIdentity identity, string name)
    {
        if (!IsName(name))
            throw new ArgumentException(
                $"'{name}' is no name for the nara network: it has 1 to {Event.MaxNameBytes} bytes without '/', ':' "
                + "and control characters.", nameof(name));
        (_identity, Name) = (identity, name);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Whether a node with that name can take part: 1 to 256 bytes of UTF-8 without <c>/</c>, <c>:</c> and
    /// control characters.</summary>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= Event.MaxNameBytes
            && !name.Any(c => c is '/' or ':' || char.IsControl(c));
    }

    /// <inheritdoc/>
    public void SignRequest(long milliseconds, string method, string path, Span<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (method is not ("GET" or "POST"))
            throw new ArgumentException($"'{method}' is neither GET nor POST.", nameof(method));
        if (path.Length is 0 or > MaxPath || path[0] != '/' || path.AsSpan().ContainsAnyExcept(PathCharacters))
            throw new ArgumentException($"'{path}' is no path of [a-z0-9/._-].", nameof(path));
        Sign(milliseconds, method + path, signature);
    }

    /// <inheritdoc/>
    public void SignResponse(long milliseconds, ReadOnlySpan<byte> digest, Span<byte> signature)
    {
        if (digest.Length != SHA256.HashSizeInBytes)
            throw new ArgumentException($"A digest has 32 bytes, not {digest.Length}.", nameof(digest));
        Sign(milliseconds, Convert.ToBase64String(digest), signature);
    }

    /// <inheritdoc/>
    public void SignEvents(long seconds, ReadOnlySpan<EventId> ids, Span<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seconds);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Name}:{seconds}:")));
        Span<byte> text = stackalloc byte[EventId.TextLength];
        foreach (var id in ids)
        {
            id.WriteTo(text);
            hash.AppendData(text);
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        _identity.SignUntagged(digest, signature);
    }

    /// <inheritdoc/>
    public bool Verify(PeerId signer, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Ed25519.Verify(signer, message, signature);

    private void Sign(long milliseconds, string rest, Span<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(milliseconds);
        Span<byte> text = stackalloc byte[MaxText];
        var whole = string.Create(CultureInfo.InvariantCulture, $"{Name}{milliseconds}{rest}");
        _identity.SignUntagged(text[..Encoding.UTF8.GetBytes(whole, text)], signature);
    }
}
