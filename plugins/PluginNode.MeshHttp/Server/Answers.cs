using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>Writes answers. Unsigned ones go to whoever has not proved to be a peer, and cost no signature.</summary>
internal sealed class Answers(ISigner signer, TimeProvider time)
{
    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Turns away who has not proved to be a peer.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, Encoding.UTF8.GetBytes(reason), "text/plain; charset=utf-8");
    }

    /// <summary>A signed reason why the peer should try again.</summary>
    public Task RetryAsync(HttpContext context, UInt128 nonce, int status, string reason) =>
        SignedAsync(context, nonce, status, Encoding.UTF8.GetBytes(reason), "text/plain; charset=utf-8");

    /// <summary>Tells the peer how large a body is taken, so that it can cut its batches smaller.</summary>
    public Task TooLargeAsync(HttpContext context, UInt128 nonce, int maxBytes)
    {
        context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        var body = Encoding.UTF8.GetBytes($"at most {maxBytes} bytes are taken (maxBatchBytes)");
        ResponseProof.Sign(context.Response, signer, nonce, new(Now, maxBytes), body);
        return WriteAsync(context, body, "text/plain; charset=utf-8");
    }

    public Task SignedAsync(
        HttpContext context, UInt128 nonce, int status, byte[] body, string type = "application/octet-stream")
    {
        context.Response.StatusCode = status;
        ResponseProof.Sign(context.Response, signer, nonce, new(Now), body);
        return WriteAsync(context, body, type);
    }

    private static Task WriteAsync(HttpContext context, byte[] body, string type)
    {
        var response = context.Response;
        // a body that is not wanted is not read, and what follows it on the connection cannot be
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false })
            response.Headers.Connection = "close";
        response.ContentType = type;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}
