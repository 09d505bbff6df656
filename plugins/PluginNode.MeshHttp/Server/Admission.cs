using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>
/// Decides from the head alone whether a request's body is read, the cheapest question first:
/// <code>length → head → recipient → sender known → signature → clock → nonce</code>
/// Up to the signature answers are unsigned, from then on signed.
/// </summary>
internal sealed class Admission(
    MeshHttpOptions options, MeshNode node, SessionClock session, Answers answers, ILogger logger)
{
    // At one request a frame and full speed a peer uses about 8 700 a second within the time that nonces are kept.
    private const int NoncesPerPeer = 1 << 18;

    private readonly NonceCache _nonces = new(NoncesPerPeer, MeshWire.FreshFor);
    private readonly RareLog _unknown = new(node.Time);
    private readonly RareLog _forged = new(node.Time);

    /// <summary>The head of a request that may be read; null where it has been answered already.</summary>
    public async ValueTask<RequestHead?> AdmitAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not { } length)
            return await RefuseAsync(context, StatusCodes.Status411LengthRequired, "a declared length is needed");
        if (length > options.MaxBatchBytes)
            return await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge,
                $"at most {options.MaxBatchBytes} bytes are taken (maxBatchBytes)");
        if (!RequestHead.TryRead(context.Request.Headers, length, out var head, out var signature))
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "missing or malformed headers");
        if (head.To != node.Signer.Self)
            return await RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "another peer is here");
        if (node.Peers.Find(head.From) is null)
        {
            if (_unknown.May(head.From)) LogMessages.UnknownSender(logger, head.From.ToString());
            return await RefuseAsync(context, StatusCodes.Status403Forbidden, "unknown sender");
        }
        if (!head.IsSigned(node.Signer, signature))
        {
            if (_forged.May(head.From)) LogMessages.WrongSignature(logger, head.From.ToString());
            return await RefuseAsync(context, StatusCodes.Status401Unauthorized, "wrong signature");
        }
        return await AdmitFreshAsync(context, head);
    }

    private async ValueTask<RequestHead?> AdmitFreshAsync(HttpContext context, RequestHead head)
    {
        var now = session.Now;
        if (head.Timestamp < session.Start || Math.Abs(now - head.Timestamp) > MeshWire.FreshFor)
            return await TellTimeAsync(context, head.Nonce, now);
        switch (_nonces.Add(head.From, head.Nonce, head.Timestamp, now))
        {
            case NonceVerdict.New:
                return head;
            case NonceVerdict.Stale:
                return await TellTimeAsync(context, head.Nonce, now);
            case NonceVerdict.Seen:
                await answers.RetryAsync(
                    context, head.Nonce, StatusCodes.Status409Conflict, "this request came before");
                return null;
            default:
                await answers.RetryAsync(
                    context, head.Nonce, StatusCodes.Status503ServiceUnavailable, "too many requests");
                return null;
        }
    }

    private async ValueTask<RequestHead?> TellTimeAsync(HttpContext context, UInt128 nonce, long now)
    {
        var body = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(body, now);
        await answers.SignedAsync(context, nonce, MeshWire.ClockStatus, body);
        return null;
    }

    private static async ValueTask<RequestHead?> RefuseAsync(HttpContext context, int status, string reason)
    {
        await Answers.RefuseAsync(context, status, reason);
        return null;
    }
}
