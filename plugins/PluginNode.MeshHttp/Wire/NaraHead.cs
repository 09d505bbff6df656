using System.Globalization;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Wire;

/// <summary>The three headers of a request or a response on the nara network's wire. The name is raw UTF-8.</summary>
internal sealed record NaraHead(string Name, long Timestamp, byte[] Signature)
{
    public const string NameHeader = "X-Nara-Name";
    public const string TimestampHeader = "X-Nara-Timestamp";
    public const string SignatureHeader = "X-Nara-Signature";

    /// <summary>Milliseconds that a timestamp may be off, either way.</summary>
    public const long FreshFor = 30_000;

    public const string EventsPath = "/events/sync";

    /// <summary>Reads header texts.</summary>
    /// <returns>What nara says where they are wrong; null where they are well-formed.</returns>
    public static string? Read(string? name, string? timestamp, string? signature, out NaraHead head)
    {
        head = new NaraHead("", 0, []);
        if (string.IsNullOrEmpty(name) || string.IsNullOrEmpty(timestamp) || string.IsNullOrEmpty(signature))
            return "missing auth headers";
        if (!long.TryParse(timestamp, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
            || !SessionClock.IsTime(time)) return "invalid timestamp";
        var bytes = new byte[ISigner.SignatureBytes];
        // what does not decode is told after the sender was looked up
        if (!Convert.TryFromBase64String(signature, bytes, out var length) || length != bytes.Length) bytes = [];
        head = new NaraHead(name, time, bytes);
        return null;
    }

    public bool IsRequestSigned(INaraSigner signer, PeerId key, string method, string path) =>
        signer.Verify(key, Text($"{Name}{Timestamp}{method}{path}"), Signature);

    /// <param name="signer">Checks it.</param>
    /// <param name="key">Of whoever must have signed.</param>
    /// <param name="digest">The SHA-256 of the body before compression.</param>
    public bool IsResponseSigned(INaraSigner signer, PeerId key, ReadOnlySpan<byte> digest) =>
        signer.Verify(key, Text($"{Name}{Timestamp}{Convert.ToBase64String(digest)}"), Signature);

    private static byte[] Text(FormattableString text) =>
        Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture));
}
