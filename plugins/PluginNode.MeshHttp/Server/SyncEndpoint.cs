using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using PluginNode.MeshHttp.Wire;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace PluginNode.MeshHttp.Server;

/// <summary>Answers <c>POST /events/sync</c> as a nara peer does, and a PluginNode's question for days. In this order:
/// headers → seen before → calls and rate of the caller → body → proof of a PluginNode → request → events.</summary>
internal sealed class SyncEndpoint(MeshHttpOptions options, MeshNode node, SyncDesk desk, ILogger logger)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Complaints _complaints = desk.Complaints;
    private readonly SyncAdmission _admission = new(node, desk.Parts, desk.Complaints);
    private readonly SyncAnswers _answers = new(node, desk.Parts);

    public async Task HandleAsync(HttpContext context)
    {
        if (await _admission.AdmitAsync(context) is not { } caller) return;
        if (!desk.TryEnter(caller.Key))
        {
            context.Response.Headers.RetryAfter = "1";
            await _answers.TextAsync(context, caller, StatusCodes.Status429TooManyRequests, "Too many requests");
            return;
        }
        try
        {
            await AnswerAsync(context, caller);
        }
        finally
        {
            desk.Leave(caller.Key);
        }
    }

    private async Task AnswerAsync(HttpContext context, SyncCaller caller)
    {
        if (context.Request.Method != MeshWire.Method)
        {
            await _answers.TextAsync(context, caller, StatusCodes.Status405MethodNotAllowed, "Method not allowed");
            return;
        }
        if (await ReadAsync(context, caller) is not { } body) return;
        var path = context.Request.Path.Value!;
        if (caller.Proof is { } proof
            && !proof.Holds(node.Signer, caller.Key, caller.Head.Timestamp, path, SHA256.HashData(body.Span)))
        {
            _complaints.WrongSignature(caller.Key);
            await SyncAnswers.UnauthorizedAsync(context, "signature verification failed");
            return;
        }
        var request = SyncRequestReader.Read(body.Span);
        var problem = request is null ? "Invalid JSON"
            : request.From.Length == 0 ? "from is required"
            : request.From != caller.Head.Name ? "from is not the signer"
            : null;
        if (problem is not null)
            await _answers.TextAsync(context, caller, StatusCodes.Status400BadRequest, problem);
        else if (path != SyncProof.DaysPath)
            await SendAsync(context, caller, request);
        else if (caller.IsPluginNode)
            await SendAsync(context, caller, null);
        else
            await _answers.TextAsync(context, caller, StatusCodes.Status403Forbidden, "for PluginNodes only");
    }

    private Task SendAsync(HttpContext context, SyncCaller caller, SyncRequest? request) => desk.AnswerAsync(
        new SyncQuestion(caller.Key, caller.IsPluginNode, request, options.MaxSyncBytes),
        body => _answers.JsonAsync(context, caller, body), context.RequestAborted);

    /// <summary>The body; null where it was too large or too slow, and has been refused.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, SyncCaller caller)
    {
        using var limit = new CancellationTokenSource(MeshWire.BodyTime(SyncDesk.MaxRequest) + Grace, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        var body = new ArrayBufferWriter<byte>(512);
        try
        {
            var size = context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>();
            size.MaxRequestBodySize = SyncDesk.MaxRequest;
            int count;
            while ((count = await context.Request.Body.ReadAsync(body.GetMemory(512), either.Token)) > 0)
                body.Advance(count);
            return body.WrittenMemory;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested
            && e is OperationCanceledException or BadHttpRequestException
            {
                StatusCode: StatusCodes.Status408RequestTimeout or StatusCodes.Status413PayloadTooLarge,
            })
        {
            var tooLarge = e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge };
            LogMessages.SyncRequestRefused(logger, caller.Head.Name, tooLarge ? "too large" : "too slow");
            context.Response.Headers.Connection = "close";
            await _answers.TextAsync(
                context, caller, tooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status408RequestTimeout,
                tooLarge ? $"at most {SyncDesk.MaxRequest} bytes are taken" : "the body is too slow");
            return null;
        }
    }
}
