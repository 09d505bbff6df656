using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>
/// Writes answers as nara does: errors are a line of text, and everything is signed but a 401. The digest is of the
/// body before compression and stands in the headers, where a nara peer looks for it; trailers it would not see.
/// </summary>
internal sealed class SyncAnswers(MeshNode node, SyncParts parts)
{
    // what Go's server sends in one piece
    private const int Small = 2048;

    /// <summary>Turns away who has not proved to be a peer.</summary>
    public static Task UnauthorizedAsync(HttpContext context, string problem)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return WriteTextAsync(context, Line($"Authentication failed: {problem}"));
    }

    /// <summary>A signed line of text.</summary>
    public Task TextAsync(HttpContext context, SyncCaller caller, int status, string text)
    {
        context.Response.StatusCode = status;
        var line = Line(text);
        Sign(context.Response, caller, SHA256.HashData(line));
        return WriteTextAsync(context, line);
    }

    /// <summary>A signed JSON body, compressed where that is asked for.</summary>
    public async Task JsonAsync(HttpContext context, SyncCaller caller, BodyBuffer body)
    {
        var response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        Sign(response, caller, body.Digest());
        // who reads slower than this holds memory that others wait for
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = new MinDataRate(MeshWire.MinBodyRate, TimeSpan.FromSeconds(10));
        if (body.Length > Small && TakesGzip(context.Request.Headers.AcceptEncoding))
        {
            response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await WriteAsync(gzip, body, context.RequestAborted);
            return;
        }
        if (body.Length <= Small) response.ContentLength = body.Length;
        await WriteAsync(response.Body, body, context.RequestAborted);
    }

    private static async Task WriteAsync(Stream stream, BodyBuffer body, CancellationToken aborted)
    {
        foreach (var piece in body.Pieces) await stream.WriteAsync(piece, aborted);
    }

    private static Task WriteTextAsync(HttpContext context, byte[] line)
    {
        var response = context.Response;
        // a body that is not wanted is not read, and what follows it on the connection cannot be
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false })
            response.Headers.Connection = "close";
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = line.Length;
        return response.Body.WriteAsync(line).AsTask();
    }

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private static bool TakesGzip(string? encodings) => encodings is not null && encodings.Split(',').Any(e =>
    {
        var parts = e.Split(';', 2, StringSplitOptions.TrimEntries);
        var refused = parts.Length > 1 && parts[1].Replace(" ", "", StringComparison.Ordinal) is "q=0" or "q=0.0";
        return !refused && parts[0].Trim().Equals("gzip", StringComparison.OrdinalIgnoreCase);
    });

    private void Sign(HttpResponse response, SyncCaller caller, byte[] digest)
    {
        var now = node.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        parts.Signer.SignResponse(now, digest, signature);
        response.Headers[NaraHead.NameHeader] = parts.Signer.Name;
        response.Headers[NaraHead.TimestampHeader] = now.ToString(CultureInfo.InvariantCulture);
        response.Headers[NaraHead.SignatureHeader] = Convert.ToBase64String(signature);
        if (caller.Proof is { } proof)
            ResponseProof.SignDigest(response, node.Signer, proof.Nonce, new(now), digest);
    }
}
