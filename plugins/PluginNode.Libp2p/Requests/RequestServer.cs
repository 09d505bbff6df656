using System.Buffers;
using PluginNode.Identity;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Requests;

/// <summary>
/// Answers requests, one on each stream:
/// <code>
/// head ──► taken from? ──► judged by the host ──► room ──► body ──► room for the answer ──► host ──► answer
///               └────────────────┴──────────────────┴─ no: why ─────────────┴─ no: why
/// </code>
/// </summary>
internal sealed class RequestServer(Libp2pOptions options, Libp2pNode node, ITransportHost host)
{
    // for what the rate does not count: a request that begins slowly, and the way there
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly ServedStreams _served = new();
    private readonly IRequestHost? _answers = host as IRequestHost;
    private readonly RequestRoom _questions = new(
        Math.Max(32L << 20, 4L * options.MaxRequestBytes), 2L * options.MaxRequestBytes);
    private readonly RequestRoom _room = new(8L * options.MaxAnswerBytes, 2L * options.MaxAnswerBytes);
    private readonly RareLog<PeerId> _unknown = new(node.Time);
    private readonly RareLog<PeerId> _turnedAway = new(node.Time);

    /// <summary>Serves one stream; the handler of <see cref="RequestWire.Protocol"/>.</summary>
    public async Task ServeAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        try
        {
            await _served.ServeAsync(stream, TakeAsync, cancellation);
        }
        catch (Libp2pException e) when (e.Fault is Libp2pFault.Malformed or Libp2pFault.TimedOut)
        {
            var peer = stream.Connection.Peer;
            if (node.Peers.TakesFrom(peer)) TurnedAway(peer, e.Message);
            throw;
        }
    }

    /// <summary>Takes no further request, and waits for those that are being answered; when cancelled these are cut
    /// off. After it completes the host is asked nothing.</summary>
    public Task StopAsync(CancellationToken cancellation) => _served.StopAsync(cancellation);

    private async Task TakeAsync(ProtocolStream stream, CancellationToken ends)
    {
        var peer = stream.Connection.Peer;
        var (name, most, length) = await ReadHeadAsync(stream, ends);
        if (Judge(peer, name, length) is { } told)
        {
            await SayAsync(stream, told, ends);
            return;
        }
        host.Heard(peer, null);
        using var place = await RoomAsync(_questions, peer, length, ends);
        if (place is null)
        {
            await SayBusyAsync(stream, ends);
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        try
        {
            var body = buffer.AsMemory(0, length);
            await ReadAsync(stream, body, ends);
            var request = new PeerRequest(name, body, Math.Min(most, options.MaxAnswerBytes));
            await AnswerAsync(stream, request, ends);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task AnswerAsync(ProtocolStream stream, PeerRequest request, CancellationToken ends)
    {
        // for the largest answer, until it is known how large it is
        using var room = await RoomAsync(_room, stream.Connection.Peer, request.MostAnswerBytes, ends);
        if (room is null)
        {
            await SayBusyAsync(stream, ends);
            return;
        }
        var outcome = await AskHostAsync(stream.Connection.Peer, request, ends);
        room.ShrinkTo(outcome.Body.Length);
        await SayAsync(stream, outcome, ends);
    }

    private async Task<(string Name, int Most, int Length)> ReadHeadAsync(
        ProtocolStream stream, CancellationToken ends)
    {
        var bytes = new byte[RequestWire.QuestionHead];
        await ReadAsync(stream, bytes, ends);
        var (name, most, body) = RequestWire.ReadQuestion(bytes);
        bytes = new byte[name];
        await ReadAsync(stream, bytes, ends);
        return (RequestWire.ReadName(bytes), most, body);
    }

    private RequestOutcome? Judge(PeerId peer, string name, int length)
    {
        if (!node.Peers.TakesFrom(peer))
        {
            if (_unknown.May(peer)) LogMessages.UnknownAsker(node.Logger, peer.ToString());
            return RequestOutcome.None(RequestStatus.Refused, "unknown sender");
        }
        if (length > options.MaxRequestBytes)
            return RequestOutcome.None(
                RequestStatus.TooLarge, $"requests have at most {options.MaxRequestBytes} bytes here");
        return _answers is null
            ? RequestOutcome.None(RequestStatus.Unsupported, "this node answers nothing")
            : _answers.Judge(peer, name, length);
    }

    private async Task<RequestOutcome> AskHostAsync(PeerId peer, PeerRequest request, CancellationToken ends)
    {
        try
        {
            return await _answers!.AnswerAsync(peer, request, ends);
        }
        catch (Exception e) when (!ends.IsCancellationRequested)
        {
            LogMessages.AnswerFailed(node.Logger, ReasonLine.Of(e.Message));
            return RequestOutcome.None(RequestStatus.Refused, "the node could not answer");
        }
    }

    private async Task ReadAsync(ProtocolStream stream, Memory<byte> bytes, CancellationToken ends)
    {
        var time = FrameWire.TimeOf(bytes.Length) + Grace;
        using var limit = new CancellationTokenSource(time, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            await stream.ReadExactlyAsync(bytes, either.Token);
        }
        catch (OperationCanceledException e) when (!ends.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pFault.TimedOut, $"A request of {bytes.Length} bytes took over {time}.", e);
        }
        catch (EndOfStreamException e)
        {
            throw new Libp2pException(Libp2pFault.Malformed, "A request is cut short.", e);
        }
    }

    private async Task SayAsync(ProtocolStream stream, RequestOutcome outcome, CancellationToken ends)
    {
        var bytes = RequestWire.Write(outcome, out var rest);
        var time = FrameWire.TimeOf(bytes.Length + rest.Length) + Grace;
        using var limit = new CancellationTokenSource(time, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            await stream.WriteAsync(bytes, either.Token);
            if (!rest.IsEmpty) await stream.WriteAsync(rest, either.Token);
        }
        catch (OperationCanceledException e) when (!ends.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pFault.TimedOut, $"An answer was not read within {time}.", e);
        }
    }

    private Task SayBusyAsync(ProtocolStream stream, CancellationToken ends)
    {
        TurnedAway(stream.Connection.Peer, "too much is being asked at once.");
        return SayAsync(
            stream, RequestOutcome.None(RequestStatus.Busy, "too much is being asked at once"), ends);
    }

    /// <summary>Null where there is none in the time that who asks waits.</summary>
    private async Task<RequestRoom.Place?> RoomAsync(
        RequestRoom room, PeerId peer, long bytes, CancellationToken ends)
    {
        // who asks waits about as long as this node would: it is told before it gives up
        using var limit = new CancellationTokenSource(options.SendLimit / 2, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            return await room.TakeAsync(peer, bytes, either.Token);
        }
        catch (OperationCanceledException) when (!ends.IsCancellationRequested)
        {
            return null;
        }
    }

    private void TurnedAway(PeerId peer, string reason)
    {
        if (_turnedAway.May(peer)) LogMessages.RequestTurnedAway(node.Logger, peer.ToString(), reason);
    }
}
