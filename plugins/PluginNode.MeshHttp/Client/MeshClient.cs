using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Client;

/// <summary>Posts batches, and believes only answers that the dialled peer signed for this very request.</summary>
internal sealed class MeshClient(MeshHttpOptions options, MeshNode node, ITransportHost host) : IDisposable
{
    // what is smaller is out before an answer could come
    private const int AskFirst = 64 * 1024;

    private readonly HttpMessageInvoker _http = new(Connect(options));
    private readonly ConcurrentDictionary<PeerId, PeerLink> _links = new();
    private readonly SessionClock _session = new(node.Time);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MeshHttpTransport>();
    private readonly string _self = node.Signer.Self.ToString();

    /// <summary>The largest batch for a peer, in bytes: this node's limit, or the peer's where that is known to be
    /// less.</summary>
    public int MaxBatchFor(PeerId peer) => (int)Math.Min(options.MaxBatchBytes, LinkTo(peer).MaxBatch);

    /// <summary>Sends one batch and waits for its answer.
    /// Throws for nothing that the network or the peer does.</summary>
    public async Task<Reply> SendAsync(PeerId peer, Uri url, FrameBatch batch, CancellationToken cancellation)
    {
        var link = LinkTo(peer);
        var limit = options.SendLimit + MeshWire.BodyTime(batch.Length);
        using var timeout = new CancellationTokenSource(limit, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var reply = await PostAsync(link, url, batch, either);
            if (reply.PeerTime is not { } peerTime) return reply;
            Learn(link, peerTime);
            reply = await PostAsync(link, url, batch, either);
            return reply.PeerTime is null ? reply : Reply.Failed("the peer does not take its own time");
        }
        catch (OperationCanceledException)
        {
            return Reply.Failed(timeout.IsCancellationRequested && !cancellation.IsCancellationRequested
                ? $"no answer within {limit}"
                : "cancelled");
        }
        catch (Exception e)
        {
            var inner = e.InnerException?.Message ?? "";
            var told = e.Message.Contains(inner, StringComparison.Ordinal);
            return Reply.Failed(told ? e.Message : $"{e.Message} {inner}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Connect(MeshHttpOptions options)
    {
        var handler = Connections.Make(options);
        // longer than a far peer needs to say that it does not want a body
        handler.Expect100ContinueTimeout = TimeSpan.FromSeconds(5);
        return handler;
    }

    private async Task<Reply> PostAsync(PeerLink link, Uri url, FrameBatch batch, CancellationTokenSource cancel)
    {
        using var content = new BatchContent(batch);
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        // a refused body does not go on its way, and the refusal is not lost with the connection
        request.Headers.ExpectContinue = batch.Length > AskFirst;
        var head = new RequestHead(
            node.Signer.Self, link.Id, NewNonce(), _session.Now + link.Offset,
            node.Time.GetUtcNow().ToUnixTimeMilliseconds(), batch.Length, batch.Digest);
        head.Write(request.Headers, _self, link.Text, node.Signer);
        try
        {
            using var response = await _http.SendAsync(request, cancel.Token);
            return await ReadAsync(link, head, response, cancel.Token);
        }
        finally
        {
            // the frames are the caller's again when the send ends
            if (content.IsWriting) await cancel.CancelAsync();
            await content.WrittenAsync();
        }
    }

    private async Task<Reply> ReadAsync(
        PeerLink link, RequestHead request, HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var signature = new byte[ISigner.SignatureBytes];
        if (!ResponseProof.TryRead(response.Headers, signature, out var answer))
            return Reply.Failed($"HTTP {status}, not signed");
        if (response.Content.Headers.ContentLength is not { } length || length > Outcomes.MaxBytes)
            return Reply.Failed($"HTTP {status}, without a length or too long");
        var body = new byte[length];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        await stream.ReadExactlyAsync(body, cancellation);
        if (!ResponseProof.Holds(node.Signer, link.Id, request.Nonce, status, answer, body, signature))
            return Reply.Failed($"HTTP {status}, not signed by the peer for this request");

        host.Heard(link.Id, DateTimeOffset.FromUnixTimeMilliseconds(answer.Timestamp));
        if (status == (int)HttpStatusCode.RequestEntityTooLarge && answer.MaxBatch is { } maxBatch)
            return CutDown(link, maxBatch, request.ContentLength);
        // a larger batch than the limit is sent when one frame needs it, as the peer may have got another limit
        if (request.ContentLength > link.MaxBatch) link.MaxBatch = long.MaxValue;
        return Understand(status, body);
    }

    private Reply CutDown(PeerLink link, long maxBatch, long length)
    {
        if (maxBatch is 0 || maxBatch >= length)
            return Reply.Failed($"HTTP 413, though the peer takes {maxBatch} bytes");
        if (link.MaxBatch != maxBatch) LogMessages.BatchesCutDown(_logger, link.Text, maxBatch, options.MaxBatchBytes);
        link.MaxBatch = maxBatch;
        var reason = $"a body of {length} bytes is over the peer's maxBatchBytes, {maxBatch}; "
            + $"this node's is {options.MaxBatchBytes}";
        return new Reply(null, null, reason, IsTooLarge: true);
    }

    private static Reply Understand(int status, byte[] body)
    {
        switch (status)
        {
            case (int)HttpStatusCode.OK:
                return Outcomes.Read(body) is { } outcomes
                    ? new Reply(outcomes, null, null)
                    : Reply.Failed("the peer's outcomes are malformed");
            case MeshWire.ClockStatus when body.Length == sizeof(long):
                var time = BinaryPrimitives.ReadInt64BigEndian(body);
                return SessionClock.IsTime(time)
                    ? new Reply(null, time, null)
                    : Reply.Failed("the peer's time is no time");
            default:
                return Reply.Failed($"HTTP {status}: {Encoding.UTF8.GetString(body)}");
        }
    }

    private PeerLink LinkTo(PeerId peer) => _links.GetOrAdd(peer, static id => new PeerLink(id));

    private void Learn(PeerLink link, long peerTime)
    {
        link.Offset = peerTime - _session.Now;
        LogMessages.ClockLearnt(_logger, link.Text, TimeSpan.FromMilliseconds(link.Offset));
    }

    private UInt128 NewNonce()
    {
        Span<byte> nonce = stackalloc byte[MeshWire.NonceBytes];
        node.Chance.Fill(nonce);
        return BinaryPrimitives.ReadUInt128BigEndian(nonce);
    }
}
