using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Client;

/// <summary>Asks over the transports of the node that can: these prove who answers, so nothing is signed.</summary>
internal sealed class SyncRequests(MeshHttpOptions options, IPeerRequests requests, TimeProvider time) : ISyncWire
{
    /// <inheritdoc/>
    public bool NeedsSignedEvents => false;

    /// <inheritdoc/>
    public async Task<SyncReply> AskAsync(
        SyncNeighbour to, string path, byte[] json, GrowingBody into, Func<bool, string?> look, TimeSpan? callTime,
        CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(callTime ?? options.SendLimit + SyncHttp.MostBodyTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        var request = new PeerRequest(SyncProtocols.Of(path), json, into.Most);
        var outcome = await requests.RequestAsync(to.Key, request, either.Token);
        cancellation.ThrowIfCancellationRequested();
        if (!outcome.IsAnswered) return Failed(outcome, callTime, limit.IsCancellationRequested);
        into.Set(outcome.Body);
        return look(true) is { } problem
            ? SyncReply.Failed(AskOutcome.Malformed, problem)
            : new SyncReply(AskOutcome.Answered) { IsPluginNode = true, Bytes = into.Length, Status = 200 };
    }

    private static SyncReply Failed(RequestOutcome outcome, TimeSpan? callTime, bool isOver)
    {
        var reason = outcome.Reason ?? "no answer";
        // statuses as HTTP has them, where they say more than the outcome
        return outcome.Status switch
        {
            RequestStatus.Failed when isOver => callTime is { } most
                ? SyncReply.Failed(AskOutcome.Unreachable, $"no answer within {most}")
                : SyncReply.Failed(AskOutcome.TooSlow, "it did not come in the time that there is"),
            RequestStatus.Unsupported => SyncReply.Failed(AskOutcome.Refused, reason) with { Status = 404 },
            RequestStatus.Refused => SyncReply.Failed(AskOutcome.Refused, reason) with { Status = 401 },
            RequestStatus.Busy => SyncReply.Failed(AskOutcome.Busy, reason),
            RequestStatus.TooLarge => SyncReply.Failed(AskOutcome.TooLarge, reason),
            RequestStatus.TooSlow => SyncReply.Failed(AskOutcome.TooSlow, reason),
            _ => SyncReply.Failed(AskOutcome.Unreachable, reason),
        };
    }
}
