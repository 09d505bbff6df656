using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Recovery;
using PluginNode.Transports;

namespace PluginNode.Requests;

/// <summary>
/// Gives the requests of peers to the plugins that answer them:
/// <code>
/// transport ──► taken from? ──► answered here? ──► not too large? ──► a place? ──► the plugin's answer ──► fits?
///                    └────────────────┴────────────────┴────────────────┴── no: what the peer is told ──────┘
/// </code>
/// Callable from any thread.
/// </summary>
internal sealed class RequestDesk
{
    private const string Stopping = "the node is stopping", NoLongerWanted = "nobody waits any more";
    private const int MostReason = 200;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20);

    private readonly IPeerDirectory _peers;
    private readonly TimeProvider _time;
    private readonly PluginCalls _calls;
    private readonly ConcurrentDictionary<string, Answering> _answerers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopped = new();
    private readonly HashSet<Task> _running = [];

    public RequestDesk(IPeerDirectory peers, TimeProvider time, ILogger logger, Action<string, string>? faulted)
    {
        (_peers, _time) = (peers, time);
        _calls = new PluginCalls(time, logger, faulted, _stopped.Token);
    }

    /// <exception cref="ArgumentException">What it says of itself cannot be.</exception>
    /// <exception cref="InvalidOperationException">Another one answers its protocol.</exception>
    public void Attach(IRequestAnswerer answerer, string owner)
    {
        var added = new Answering(answerer, owner);
        var there = _answerers.GetOrAdd(added.Protocol, added);
        if (there != added)
            throw new InvalidOperationException($"The plugin '{there.It.Owner}' answers '{added.Protocol}' already.");
    }

    /// <summary>Takes away what answers of a plugin, and ends its calls: for ten seconds it is waited for.</summary>
    public Task DetachAsync(string owner)
    {
        foreach (var answering in _answerers.Values.Where(a => a.It.Owner == owner))
            _answerers.TryRemove(new KeyValuePair<string, Answering>(answering.Protocol, answering));
        return _calls.CancelAsync(owner);
    }

    /// <inheritdoc cref="IRequestHost.Judge"/>
    public RequestOutcome? Judge(PeerId from, string protocol, long bytes) => Find(from, protocol, bytes).Refusal;

    /// <inheritdoc cref="IRequestHost.AnswerAsync"/>
    public async Task<RequestOutcome> AnswerAsync(PeerId from, PeerRequest request, CancellationToken cancellation)
    {
        var (answering, refusal) = Find(from, request.Protocol, request.Body.Length);
        if (refusal is { } told) return told;
        if (!answering!.TryEnter(from))
            return RequestOutcome.None(RequestStatus.Busy, "too many requests are being answered");
        // its own: it may be left behind with it
        var task = RunAsync(answering, from, request with { Body = request.Body.ToArray() }, cancellation);
        lock (_running) _running.Add(task);
        try
        {
            await Waiting.ForEndAsync(task, Timeout.InfiniteTimeSpan, _time, cancellation);
            return await task;
        }
        catch (OperationCanceledException)
        {
            return RequestOutcome.None(RequestStatus.Busy, NoLongerWanted);
        }
        finally
        {
            lock (_running) _running.RemoveWhere(t => t.IsCompleted);
        }
    }

    /// <summary>Answers nobody any more, and cancels what is being answered, which is waited for: for ten
    /// seconds.</summary>
    public async Task StopAsync()
    {
        await _stopped.CancelOnceAsync();
        Task[] running;
        lock (_running) running = [.. _running];
        foreach (var task in running) await task;
    }

    private (Answering? It, RequestOutcome? Refusal) Find(PeerId from, string protocol, long bytes)
    {
        if (_stopped.IsCancellationRequested) return Refused(RequestStatus.Busy, Stopping);
        if (!_peers.TakesFrom(from)) return Refused(RequestStatus.Refused, "unknown sender");
        if (!_answerers.TryGetValue(protocol, out var answering))
            return Refused(RequestStatus.Unsupported, "nothing here answers this protocol");
        return bytes > answering.MaxRequestBytes
            ? Refused(RequestStatus.TooLarge, $"requests have at most {answering.MaxRequestBytes} bytes here")
            : (answering, null);

        static (Answering?, RequestOutcome?) Refused(RequestStatus status, string reason) =>
            (null, RequestOutcome.None(status, reason));
    }

    private async Task<RequestOutcome> RunAsync(
        Answering answering, PeerId from, PeerRequest request, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        try
        {
            var end = await _calls.RunAsync(
                answering.It, token => CallAsync(answering, from, request, token, cancellation),
                () => MostTime - _time.GetElapsedTime(began));
            return end.Failure is null
                ? Fitting(answering, request, end.Value)
                : RequestOutcome.None(RequestStatus.Refused, "what answers this protocol failed");
        }
        catch (OperationCanceledException)
        {
            return RequestOutcome.None(RequestStatus.Busy, Stopping);
        }
    }

    private static async Task<RequestOutcome> CallAsync(
        Answering answering, PeerId from, PeerRequest request, CancellationToken token, CancellationToken cancellation)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, cancellation);
            return await answering.It.It.AnswerAsync(from, request, either.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return RequestOutcome.None(RequestStatus.Busy, NoLongerWanted);
        }
        finally
        {
            answering.Leave(from);
        }
    }

    /// <summary>What may go out of what a plugin said.</summary>
    private RequestOutcome Fitting(Answering answering, PeerRequest request, RequestOutcome said)
    {
        switch (said.Status)
        {
            case RequestStatus.Answered when said.Body.Length <= request.MostAnswerBytes:
                return RequestOutcome.Answer(said.Body);
            case RequestStatus.Answered:
                _calls.Report(
                    answering.It.Owner,
                    $"{answering.It.Name}: an answer is larger than was asked for, which it has to look at");
                return RequestOutcome.None(RequestStatus.TooLarge, "the answer is larger than was asked for");
            case RequestStatus.Unsupported or RequestStatus.Refused or RequestStatus.Busy or RequestStatus.TooLarge:
                return RequestOutcome.None(said.Status, OneLine(said.Reason));
            default:
                _calls.Report(answering.It.Owner, $"{answering.It.Name}: '{said.Status}' is nothing to answer with");
                return RequestOutcome.None(RequestStatus.Refused, "what answers this protocol failed");
        }
    }

    private static string OneLine(string? reason)
    {
        if (string.IsNullOrEmpty(reason)) return "it did not say why";
        if (reason.Length > MostReason) // no character is cut in two
            reason = reason[..(char.IsHighSurrogate(reason[MostReason - 1]) ? MostReason - 1 : MostReason)];
        return string.Concat(reason.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
