using System.Text;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Requests;

/// <summary>Asks peers, each question on a stream of its own. Throws for nothing that the network or the peer
/// does.</summary>
internal sealed class RequestSender(Libp2pHost libp2p, ITransportHost host, Libp2pOptions options, TimeProvider time)
{
    // for what the rate does not count
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    // what a length says is believed in steps
    private const int FirstBytes = 64 * 1024;

    public async Task<RequestOutcome> AskAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, PeerRequest request, CancellationToken cancellation)
    {
        if (request.Body.Length > options.MaxRequestBytes)
            return RequestOutcome.None(
                RequestStatus.TooLarge, $"a request has at most maxRequestBytes, {options.MaxRequestBytes}");
        using var limit = new CancellationTokenSource(
            options.SendLimit + FrameWire.TimeOf(request.Body.Length), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var call = new Call(Math.Min(request.MostAnswerBytes, options.MaxAnswerBytes), limit);
        ProtocolStream? stream = null;
        try
        {
            stream = await libp2p.OpenStreamAsync(peer, addresses, RequestWire.Protocol, either.Token);
            await stream.AgreeAsync(either.Token); // else the peer would take the question for the negotiation
            var outcome = await AskAsync(stream, request, call, either.Token);
            host.Heard(peer, null);
            return outcome;
        }
        catch (Exception e)
        {
            var outcome = FailureOf(e, call, cancellation);
            stream?.Reset(outcome.Reason!);
            return outcome;
        }
        finally
        {
            if (stream is not null) await stream.DisposeAsync();
        }
    }

    private RequestOutcome FailureOf(Exception e, Call call, CancellationToken cancellation)
    {
        var (status, reason) = e switch
        {
            OperationCanceledException when cancellation.IsCancellationRequested =>
                (RequestStatus.Failed, "cancelled"),
            OperationCanceledException when call.HasBegun =>
                (RequestStatus.TooSlow, $"{call.Received} bytes came in the time that there is"),
            OperationCanceledException => (RequestStatus.Failed, $"no answer within {options.SendLimit}"),
            Libp2pException { Fault: Libp2pFault.NotSupported } =>
                (RequestStatus.Unsupported, "the peer answers no requests over libp2p"),
            Libp2pException { Fault: Libp2pFault.Reset } => (RequestStatus.Failed, "the peer reset the stream"),
            EndOfStreamException => (RequestStatus.Failed, "the answer is cut short"),
            _ => (RequestStatus.Failed, e.Message),
        };
        return RequestOutcome.None(status, ReasonLine.Of(reason));
    }

    private async Task<RequestOutcome> AskAsync(
        ProtocolStream stream, PeerRequest request, Call call, CancellationToken cancellation)
    {
        // side by side: a peer may turn down what it has not read to its end
        var writing = WriteAsync(stream, request, call.Most, cancellation);
        RequestOutcome outcome;
        try
        {
            outcome = await ReadAsync(stream, call, cancellation);
        }
        catch
        {
            stream.Reset("The answer failed.");
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        if (!writing.IsCompletedSuccessfully || outcome.Status == RequestStatus.TooLarge)
            stream.Reset("Nothing more is wanted.");
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return outcome;
    }

    private static async Task WriteAsync(
        ProtocolStream stream, PeerRequest request, int most, CancellationToken cancellation)
    {
        await stream.WriteAsync(RequestWire.Write(request, most, out var rest), cancellation);
        if (!rest.IsEmpty) await stream.WriteAsync(rest, cancellation);
        await stream.CloseWriteAsync(cancellation);
    }

    private async Task<RequestOutcome> ReadAsync(ProtocolStream stream, Call call, CancellationToken cancellation)
    {
        var head = new byte[RequestWire.AnswerHead];
        await stream.ReadExactlyAsync(head, cancellation);
        var (status, length) = RequestWire.ReadAnswer(head);
        call.Begin();
        if (status == RequestStatus.Answered && length > call.Most)
            return RequestOutcome.None(
                RequestStatus.TooLarge, $"the answer has {length} bytes, of {call.Most} that are taken");
        var body = await ReadBodyAsync(stream, length, call, cancellation);
        return status == RequestStatus.Answered
            ? RequestOutcome.Answer(body)
            : RequestOutcome.None(status, ReasonLine.Of(Encoding.UTF8.GetString(body)));
    }

    private async Task<byte[]> ReadBodyAsync(
        ProtocolStream stream, int length, Call call, CancellationToken cancellation)
    {
        var body = new byte[Math.Min(length, FirstBytes)];
        var began = time.GetTimestamp();
        while (call.Received < length)
        {
            if (call.Received == body.Length) Array.Resize(ref body, (int)Math.Min(length, 2L * body.Length));
            var allowed = Grace + FrameWire.TimeOf(call.Received) - time.GetElapsedTime(began);
            call.Limit.CancelAfter(allowed > TimeSpan.Zero ? allowed : TimeSpan.Zero);
            var count = await stream.ReadAsync(body.AsMemory(call.Received), cancellation);
            if (count == 0) throw new EndOfStreamException();
            call.Received += count;
        }
        return body;
    }

    /// <summary>One question under way.</summary>
    /// <param name="most">Bytes of the answer that are taken.</param>
    /// <param name="limit">Ends it.</param>
    private sealed class Call(int most, CancellationTokenSource limit)
    {
        public int Most => most;

        public CancellationTokenSource Limit => limit;

        public bool HasBegun { get; private set; }

        public int Received { get; set; }

        public void Begin() => HasBegun = true;
    }
}
