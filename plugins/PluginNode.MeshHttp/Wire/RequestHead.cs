using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Wire;

/// <summary>What a request signs.</summary>
internal readonly record struct RequestHead(
    PeerId From, PeerId To, UInt128 Nonce, long Timestamp, long Clock, long ContentLength, byte[] Digest)
{
    /// <summary>Reads the headers strictly: each exactly once and well-formed.</summary>
    public static bool TryRead(IHeaderDictionary headers, long length, out RequestHead head, out byte[] signature)
    {
        head = default;
        signature = new byte[ISigner.SignatureBytes];
        var digest = new byte[MeshWire.DigestBytes];
        Span<byte> nonce = stackalloc byte[MeshWire.NonceBytes];
        if (!PeerId.TryParse(One(headers, MeshWire.From), out var from)
            || !PeerId.TryParse(One(headers, MeshWire.To), out var to)
            || !TryNonce(One(headers, MeshWire.Nonce), nonce)
            || !TryTime(One(headers, MeshWire.Timestamp), out var timestamp)
            || !TryTime(One(headers, MeshWire.Clock), out var clock)
            || !TryBase64(One(headers, MeshWire.Digest), digest)
            || !TryBase64(One(headers, MeshWire.Signature), signature)) return false;
        head = new(from, to, BinaryPrimitives.ReadUInt128BigEndian(nonce), timestamp, clock, length, digest);
        return true;
    }

    /// <summary>Signs, and writes all headers but the length, which is the content's.</summary>
    public void Write(HttpRequestHeaders headers, string from, string to, ISigner signer)
    {
        Span<byte> nonce = stackalloc byte[MeshWire.NonceBytes];
        BinaryPrimitives.WriteUInt128BigEndian(nonce, Nonce);
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        signer.Sign(MeshWire.RequestUse, SignedText.OfRequest(this, stackalloc byte[SignedText.MaxBytes]), signature);
        Add(headers, MeshWire.From, from);
        Add(headers, MeshWire.To, to);
        Add(headers, MeshWire.Nonce, Base64Url.EncodeToString(nonce));
        Add(headers, MeshWire.Timestamp, Timestamp.ToString(CultureInfo.InvariantCulture));
        Add(headers, MeshWire.Clock, Clock.ToString(CultureInfo.InvariantCulture));
        Add(headers, MeshWire.Digest, Convert.ToBase64String(Digest));
        Add(headers, MeshWire.Signature, Convert.ToBase64String(signature));
    }

    /// <summary>Whether <see cref="From"/> signed exactly this.</summary>
    public bool IsSigned(ISigner signer, ReadOnlySpan<byte> signature) => signer.Verify(
        From, MeshWire.RequestUse, SignedText.OfRequest(this, stackalloc byte[SignedText.MaxBytes]), signature);

    /// <summary>Decimal milliseconds since 1970 that are a date; the year 1 to 9999.</summary>
    internal static bool TryTime(string? text, out long time) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out time)
        && SessionClock.IsTime(time);

    internal static bool TryBase64(string? text, Span<byte> bytes) =>
        text is not null && Convert.TryFromBase64String(text, bytes, out var length) && length == bytes.Length;

    // Decoding what is no base64url throws, also where it only tries.
    private static bool TryNonce(string? text, Span<byte> nonce) =>
        text is { Length: 22 } && Base64Url.IsValid(text)
        && Base64Url.TryDecodeFromChars(text, nonce, out var length) && length == nonce.Length;

    private static string? One(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values.Count == 1 ? values[0] : null;

    private static void Add(HttpRequestHeaders headers, string name, string value) =>
        headers.TryAddWithoutValidation(name, value);
}
