using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.MeshHttp;

/// <summary>One <c>POST /pluginnode/frames</c>.</summary>
internal sealed class FrameCall(
    MeshHttpOptions options, ISigner signer, IPeerDirectory peers, ITransportHost host, TimeProvider time, ILogger logger)
{
    private readonly NonceCache _nonces = new(time);
    private readonly RefusalLog _refusals = new(time, logger);
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private long _receiving;

    public async Task AnswerAsync(HttpContext context)
    {
        if (Check(context.Request, out var from, out var fields) is { } refusal)
        {
            _refusals.Add(from == default ? "an unknown sender" : from.ToString(), refusal.Reason);
            if (refusal.Status == MeshServer.ClockStatus) await AnswerAsync(context.Response, fields, refusal.Status, []);
            else Refuse(context.Response, refusal.Status);
            return;
        }
        if (Interlocked.Add(ref _receiving, fields.Length) > options.MaxReceivingBytes)
        {
            Interlocked.Add(ref _receiving, -fields.Length);
            Refuse(context.Response, StatusCodes.Status503ServiceUnavailable);
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent((int)fields.Length);
        try
        {
            await ReceiveAsync(context, from, fields, buffer.AsMemory(0, (int)fields.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            Interlocked.Add(ref _receiving, -fields.Length);
        }
    }

    private async Task ReceiveAsync(HttpContext context, PeerId from, RequestFields fields, Memory<byte> body)
    {
        try
        {
            await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            _refusals.Add(from.ToString(), $"its body did not come: {e.Message}");
            if (!context.Response.HasStarted) Refuse(context.Response, StatusCodes.Status408RequestTimeout);
            return;
        }
        if (MeshHeaders.DigestOf(body.Span) != fields.Digest || BatchCodec.Decode(body) is not { } frames)
        {
            _refusals.Add(from.ToString(), "its body is not the one that was signed, or malformed");
            Refuse(context.Response, StatusCodes.Status400BadRequest);
            return;
        }
        host.Heard(from, null); // its timestamp is no second opinion: it may have been told our time by us
        try
        {
            var outcomes = await host.ReceiveAsync(from, frames, context.RequestAborted);
            await AnswerAsync(context.Response, fields, StatusCodes.Status200OK, BatchCodec.EncodeOutcomes(outcomes));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogMessages.ReceiveFailed(logger, from.ToString(), e.Message);
            if (!context.Response.HasStarted) Refuse(context.Response, StatusCodes.Status500InternalServerError);
        }
    }

    /// <summary>Judges the headers, cheapest check first. Null: the body may be read.</summary>
    private (int Status, string Reason)? Check(HttpRequest request, out PeerId from, out RequestFields fields)
    {
        (from, fields) = (default, default);
        if (request.ContentLength is not { } length) return (StatusCodes.Status411LengthRequired, "no content length");
        if (length > options.MaxBatchBytes) return (StatusCodes.Status413PayloadTooLarge, "the batch is too large");
        var headers = request.Headers;
        if (!PeerId.TryParse(One(headers[MeshHeaders.From]), out var sender)
            || !PeerId.TryParse(One(headers[MeshHeaders.To]), out var to)
            || One(headers[MeshHeaders.Nonce]) is not { Length: 24 } nonce
            || One(headers[MeshHeaders.Digest]) is not { Length: 44 } digest
            || One(headers[MeshHeaders.Signature]) is not { Length: 88 } signature
            || !long.TryParse(
                One(headers[MeshHeaders.Timestamp]), NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp))
            return (StatusCodes.Status400BadRequest, "its headers are incomplete");
        if (to != signer.Self) return (StatusCodes.Status421MisdirectedRequest, "it is for another peer");
        if (peers.Find(sender) is null) return (StatusCodes.Status403Forbidden, "unknown sender");
        from = sender;
        fields = new RequestFields(nonce, timestamp, request.Method, request.Path.Value ?? "", length, digest);
        if (!MeshHeaders.VerifyRequest(signer, sender, fields, signature))
            return (StatusCodes.Status401Unauthorized, "its signature does not hold");
        // Nonces of before the start are not known any more, so neither are their requests accepted.
        var age = time.GetUtcNow().ToUnixTimeMilliseconds() - timestamp;
        if (Math.Abs(age) > MeshHeaders.Tolerance.TotalMilliseconds || timestamp < _started.ToUnixTimeMilliseconds())
            return (MeshServer.ClockStatus, "its clock differs, or it signed before this node started");
        return _nonces.Add(sender, nonce) switch
        {
            NonceVerdict.Replayed => (StatusCodes.Status409Conflict, "it was sent before"),
            NonceVerdict.Full => (StatusCodes.Status503ServiceUnavailable, "it sends too many requests"),
            _ => null,
        };
    }

    private async Task AnswerAsync(HttpResponse response, RequestFields request, int status, byte[] body)
    {
        var fields = new ResponseFields(
            request.Nonce, status, time.GetUtcNow().ToUnixTimeMilliseconds(), MeshHeaders.DigestOf(body));
        response.StatusCode = status;
        response.ContentLength = body.Length;
        response.Headers[MeshHeaders.Timestamp] = fields.TimestampMs.ToString(CultureInfo.InvariantCulture);
        response.Headers[MeshHeaders.Signature] = MeshHeaders.SignResponse(signer, fields);
        await response.Body.WriteAsync(body);
    }

    private static void Refuse(HttpResponse response, int status)
    {
        response.StatusCode = status;
        response.ContentLength = 0;
        response.Headers.Connection = "close"; // an unread body is not worth draining
    }

    private static string? One(StringValues values) => values.Count == 1 ? values[0] : null;
}
