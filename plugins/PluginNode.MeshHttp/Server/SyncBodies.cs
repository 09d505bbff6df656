using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>Writes the bodies of sync answers.</summary>
internal sealed class SyncBodies(MeshNode node, SyncParts parts)
{
    private readonly JsonEncodedText _name =
        JsonEncodedText.Encode(parts.Signer.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    private long Seconds => node.Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Events, with nara's signature over their ids: <c>{"from","events","next_cursor"?,"ts","sig"}</c>. No
    /// events at all are <c>null</c>.</summary>
    public BodyBuffer Events(IReadOnlyList<Event> events, LedgerCursor? next)
    {
        var body = new BodyBuffer();
        body.Write("{\"from\":\""u8);
        body.Write(_name.EncodedUtf8Bytes);
        body.Write(events.Count == 0 ? "\",\"events\":null"u8 : "\",\"events\":["u8);
        var ids = new EventId[events.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            if (i > 0) body.Write(","u8);
            parts.Writer.Write(events[i], body);
            ids[i] = events[i].Id;
        }
        if (ids.Length > 0) body.Write("]"u8);
        // digits, ':' and hexadecimal: nothing to escape
        if (next is { } cursor) Write(body, $",\"next_cursor\":\"{cursor}\"");
        var seconds = Seconds;
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        parts.Signer.SignEvents(seconds, ids, signature);
        Write(body, $",\"ts\":{seconds},\"sig\":\"{Convert.ToBase64String(signature)}\"}}\n");
        return body;
    }

    /// <summary>What the ledger holds by day.</summary>
    public BodyBuffer Days()
    {
        var body = new BodyBuffer();
        body.Write("{\"from\":\""u8);
        body.Write(_name.EncodedUtf8Bytes);
        body.Write("\",\"days\":["u8);
        var separator = "";
        foreach (var day in parts.Ledger.Days())
        {
            Write(body, $"{separator}{{\"day\":\"{day.Day:yyyy-MM-dd}\",\"count\":{day.Count}");
            Write(body, $",\"fingerprint\":\"{day.Fingerprint:x32}\"}}");
            separator = ",";
        }
        Write(body, $"],\"ts\":{Seconds}}}\n");
        return body;
    }

    private static void Write(BodyBuffer body, FormattableString text)
    {
        var ascii = text.ToString(CultureInfo.InvariantCulture);
        body.Advance(System.Text.Encoding.ASCII.GetBytes(ascii, body.GetSpan(ascii.Length)));
    }
}
