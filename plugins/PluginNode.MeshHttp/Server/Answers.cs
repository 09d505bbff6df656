using System.Text;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>Writes answers. Unsigned ones go to whoever has not proved to be a peer, and cost no signature.</summary>
internal sealed class Answers(ISigner signer, TimeProvider time)
{
    /// <summary>Turns a request away and closes: its body, which nobody vouches for, is not read.</summary>
    public static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.Headers.Connection = "close";
        context.Response.StatusCode = status;
        return WriteAsync(context.Response, Encoding.UTF8.GetBytes(reason), "text/plain; charset=utf-8");
    }

    /// <summary>A signed reason why the peer should try again.</summary>
    public Task RetryAsync(HttpContext context, UInt128 nonce, int status, string reason) =>
        SignedAsync(context, nonce, status, Encoding.UTF8.GetBytes(reason), "text/plain; charset=utf-8");

    public Task SignedAsync(
        HttpContext context, UInt128 nonce, int status, byte[] body, string type = "application/octet-stream")
    {
        context.Response.StatusCode = status;
        ResponseProof.Sign(context.Response, signer, nonce, time.GetUtcNow().ToUnixTimeMilliseconds(), body);
        return WriteAsync(context.Response, body, type);
    }

    private static Task WriteAsync(HttpResponse response, byte[] body, string type)
    {
        response.ContentType = type;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}
