using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Server;

/// <summary>Takes batches of frames: reads what was admitted, hands it over, and answers with the outcomes.</summary>
internal sealed class FramesEndpoint(
    MeshHttpOptions options, MeshNode node, Admission admission, Answers answers, ILogger logger)
{
    private readonly ByteBudget _budget = new(Math.Max(64L << 20, 2L * options.MaxBatchBytes));

    // the sender waits about as long as this node would: it is told before it gives up
    private readonly TimeSpan _roomWait = options.SendLimit / 2;

    /// <param name="context">The request.</param>
    /// <param name="host">Who takes the frames.</param>
    /// <param name="closing">Gives up handing over, as the transport ends.</param>
    public async Task HandleAsync(HttpContext context, ITransportHost host, CancellationToken closing)
    {
        if (await admission.AdmitAsync(context) is not { } head) return;
        var length = (int)head.ContentLength;
        if (!await TakeRoomAsync(length, context.RequestAborted))
        {
            await answers.RetryAsync(
                context, head.Nonce, StatusCodes.Status503ServiceUnavailable, "too much is being received");
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var body = buffer.AsMemory(0, length);
            await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
            await TakeAsync(context, head, body, host, closing);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _budget.Return(length);
        }
    }

    private async Task TakeAsync(
        HttpContext context, RequestHead head, ReadOnlyMemory<byte> body, ITransportHost host,
        CancellationToken closing)
    {
        if (!SHA256.HashData(body.Span).AsSpan().SequenceEqual(head.Digest))
        {
            await answers.RetryAsync(
                context, head.Nonce, StatusCodes.Status400BadRequest, "the digest is of another body");
            return;
        }
        if (FrameBatch.Split(body) is not { } frames)
        {
            await answers.RetryAsync(context, head.Nonce, StatusCodes.Status400BadRequest, "the body is not a batch");
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
                LogMessages.ReceiveFailed(logger, head.From.ToString(), Outcomes.OneLine(e.Message));
            await answers.RetryAsync(
                context, head.Nonce, StatusCodes.Status503ServiceUnavailable, "the node could not take it");
            return;
        }
        await answers.SignedAsync(context, head.Nonce, StatusCodes.Status200OK, outcomes);
    }

    private async Task<bool> TakeRoomAsync(int length, CancellationToken aborted)
    {
        using var limit = new CancellationTokenSource(_roomWait, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            await _budget.TakeAsync(length, either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            aborted.ThrowIfCancellationRequested();
            return false;
        }
    }
}
