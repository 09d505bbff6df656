using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace PluginNode.MeshHttp.Server;

/// <summary>Takes batches of frames: reads what was admitted, hands it over, and answers with the outcomes.</summary>
internal sealed class FramesEndpoint(
    MeshHttpOptions options, MeshNode node, Admission admission, Answers answers, Complaints complaints,
    ILogger logger)
{
    // the fewest slow peers whose bodies can fill the room
    private const int Shares = 4;

    // for what the rate does not count: connections that begin slowly, and the way there
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly ByteBudget _budget = new(Room(options), Room(options) / Shares);

    // the sender waits about as long as this node would: it is told before it gives up
    private readonly TimeSpan _roomWait = options.SendLimit / 2;

    /// <param name="context">The request.</param>
    /// <param name="host">Who takes the frames.</param>
    /// <param name="closing">Gives up handing over, as the transport ends.</param>
    public async Task HandleAsync(HttpContext context, ITransportHost host, CancellationToken closing)
    {
        if (await admission.AdmitAsync(context) is not { } head) return;
        var length = (int)head.ContentLength;
        if (!await TakeRoomAsync(head.From, length, context.RequestAborted))
        {
            complaints.NoRoom(head.From);
            await answers.RetryAsync(
                context, head.Nonce, StatusCodes.Status503ServiceUnavailable, "too much is being received");
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var body = buffer.AsMemory(0, length);
            if (await ReadAsync(context, head, body) is not { } digest) return;
            if (digest.AsSpan().SequenceEqual(head.Digest)) await TakeAsync(context, head, body, host, closing);
            else await RefuseBodyAsync(context, head, "the digest is of another body");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _budget.Return(head.From, length);
        }
    }

    private static long Room(MeshHttpOptions options) => Math.Max(64L << 20, (long)Shares * options.MaxBatchBytes);

    /// <summary>The digest of the body; null where it came too slowly, and has been answered.</summary>
    private async Task<byte[]?> ReadAsync(HttpContext context, RequestHead head, Memory<byte> body)
    {
        var time = MeshWire.BodyTime(body.Length) + Grace;
        using var limit = new CancellationTokenSource(time, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        try
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = body.Length;
            return await BodyReader.ReadAsync(context.Request.Body, body, either.Token);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested
            && e is OperationCanceledException or BadHttpRequestException
            {
                StatusCode: StatusCodes.Status408RequestTimeout,
            })
        {
            var reason = e is BadHttpRequestException
                ? $"it came slower than {MeshWire.MinBodyRate} bytes a second"
                : $"its {body.Length} bytes were not there after {time}";
            complaints.TooSlow(head.From, reason);
            context.Response.Headers.Connection = "close";
            await answers.RetryAsync(context, head.Nonce, StatusCodes.Status408RequestTimeout, reason);
            return null;
        }
    }

    private Task RefuseBodyAsync(HttpContext context, RequestHead head, string reason)
    {
        complaints.MalformedBody(head.From, reason);
        return answers.RetryAsync(context, head.Nonce, StatusCodes.Status400BadRequest, reason);
    }

    private async Task TakeAsync(
        HttpContext context, RequestHead head, ReadOnlyMemory<byte> body, ITransportHost host,
        CancellationToken closing)
    {
        if (FrameList.Split(body) is not { } frames)
        {
            await RefuseBodyAsync(context, head, "the body is not a batch");
            return;
        }
        byte[] outcomes;
        try
        {
            // its own clock and not the timestamp: that may be this node's time, given back
            host.Heard(head.From, DateTimeOffset.FromUnixTimeMilliseconds(head.Clock));
            outcomes = Outcomes.Write(await host.ReceiveAsync(head.From, frames, closing));
        }
        catch (Exception e)
        {
            if (!closing.IsCancellationRequested)
                LogMessages.ReceiveFailed(logger, head.From.ToString(), ReasonLine.Of(e.Message));
            await answers.RetryAsync(
                context, head.Nonce, StatusCodes.Status503ServiceUnavailable, "the node could not take it");
            return;
        }
        await answers.SignedAsync(context, head.Nonce, StatusCodes.Status200OK, outcomes);
    }

    private async Task<bool> TakeRoomAsync(PeerId peer, int length, CancellationToken aborted)
    {
        using var limit = new CancellationTokenSource(_roomWait, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            await _budget.TakeAsync(peer, length, either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            aborted.ThrowIfCancellationRequested();
            return false;
        }
    }
}
