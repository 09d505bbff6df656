using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Server;

/// <summary>Answers the calls of event sync that come as requests over other transports. These have proved who asks,
/// and a nara peer does not speak them.</summary>
internal sealed class SyncAnswerer(SyncDesk desk, string protocol, TimeProvider time) : IRequestAnswerer
{
    // less than the kernel gives, and than who asks waits
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public string Protocol => protocol;

    /// <inheritdoc/>
    public int MaxRequestBytes => SyncDesk.MaxRequest;

    /// <inheritdoc/>
    public async Task<RequestOutcome> AnswerAsync(PeerId from, PeerRequest request, CancellationToken cancellation)
    {
        if (!desk.Parts.Answers) return RequestOutcome.None(RequestStatus.Unsupported, "this node only listens");
        if (!desk.TryEnter(from)) return RequestOutcome.None(RequestStatus.Busy, "too many requests");
        try
        {
            return await MakeAsync(from, request, cancellation);
        }
        finally
        {
            desk.Leave(from);
        }
    }

    private async Task<RequestOutcome> MakeAsync(PeerId from, PeerRequest request, CancellationToken cancellation)
    {
        if (SyncRequestReader.Read(request.Body.Span) is not { } asked)
            return RequestOutcome.None(RequestStatus.Refused, "invalid JSON");
        var isDays = protocol == SyncProtocols.Days;
        var question = new SyncQuestion(
            from, IsPluginNode: true, isDays ? null : asked, request.MostAnswerBytes);
        using var limit = new CancellationTokenSource(MostWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        RequestOutcome outcome = default;
        try
        {
            await desk.AnswerAsync(question, Take, either.Token);
            return outcome;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return RequestOutcome.None(RequestStatus.Busy, "there is no room for an answer now");
        }

        Task Take(BodyBuffer body)
        {
            outcome = body.Length <= request.MostAnswerBytes
                ? RequestOutcome.Answer(body.ToArray())
                : RequestOutcome.None(RequestStatus.TooLarge, $"the answer has {body.Length} bytes");
            return Task.CompletedTask;
        }
    }
}
