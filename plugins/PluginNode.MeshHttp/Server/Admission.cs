using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>
/// Decides from the head alone whether a request's body is read, the cheapest question first:
/// <code>length declared → head → recipient → sender known → signature → clock → nonce → length</code>
/// Up to the signature answers are unsigned, from then on signed.
/// </summary>
internal sealed class Admission(
    MeshHttpOptions options, MeshNode node, SessionClock session, Answers answers, Complaints complaints)
{
    // At one request a frame and full speed a peer uses about 8 700 a second within the time that nonces are kept.
    private const int NoncesPerPeer = 1 << 18;

    private readonly NonceCache _nonces = new(NoncesPerPeer, MeshWire.FreshFor);

    /// <summary>The head of a request that may be read; null where it has been answered already.</summary>
    public async ValueTask<RequestHead?> AdmitAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not { } length)
            return await RefuseAsync(context, StatusCodes.Status411LengthRequired, "a declared length is needed");
        if (!RequestHead.TryRead(context.Request.Headers, length, out var head, out var signature))
        {
            complaints.MalformedHead(context.Connection.RemoteIpAddress);
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "missing or malformed headers");
        }
        if (head.To != node.Signer.Self)
            return await RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "another peer is here");
        if (!node.Peers.TakesFrom(head.From))
        {
            complaints.UnknownSender(head.From);
            return await RefuseAsync(context, StatusCodes.Status403Forbidden, "unknown sender");
        }
        if (!head.IsSigned(node.Signer, signature))
        {
            complaints.WrongSignature(head.From);
            return await RefuseAsync(context, StatusCodes.Status401Unauthorized, "wrong signature");
        }
        return await AdmitFreshAsync(context, head);
    }

    private async ValueTask<RequestHead?> AdmitFreshAsync(HttpContext context, RequestHead head)
    {
        var now = session.Now;
        if (head.Timestamp < session.Start || Math.Abs(now - head.Timestamp) > MeshWire.FreshFor)
            return await TellTimeAsync(context, head, now);
        switch (_nonces.Add(head.From, head.Nonce, head.Timestamp, now))
        {
            case NonceVerdict.New when head.ContentLength > options.MaxBatchBytes:
                complaints.TooLarge(head.From, head.ContentLength, options.MaxBatchBytes);
                await answers.TooLargeAsync(context, head.Nonce, options.MaxBatchBytes);
                return null;
            case NonceVerdict.New:
                return head;
            case NonceVerdict.Stale:
                return await TellTimeAsync(context, head, now);
            case NonceVerdict.Seen:
                complaints.Replayed(head.From);
                await answers.RetryAsync(
                    context, head.Nonce, StatusCodes.Status409Conflict, "this request came before");
                return null;
            default:
                complaints.TooMany(head.From);
                await answers.RetryAsync(
                    context, head.Nonce, StatusCodes.Status503ServiceUnavailable, "too many requests");
                return null;
        }
    }

    private async ValueTask<RequestHead?> TellTimeAsync(HttpContext context, RequestHead head, long now)
    {
        complaints.NotFresh(head.From, TimeSpan.FromMilliseconds(now - head.Timestamp));
        var body = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(body, now);
        await answers.SignedAsync(context, head.Nonce, MeshWire.ClockStatus, body);
        return null;
    }

    private static async ValueTask<RequestHead?> RefuseAsync(HttpContext context, int status, string reason)
    {
        await Answers.RefuseAsync(context, status, reason);
        return null;
    }
}
