using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.MeshHttp;

/// <summary>
/// Sends batches. Only a response that the dialled peer signed for this very request is believed; everything else is
/// <i>retry</i>.
/// </summary>
internal sealed class MeshClient : IDisposable
{
    private readonly MeshHttpOptions _options;
    private readonly ISigner _signer;
    private readonly ITransportHost _host;
    private readonly TimeProvider _time;
    private readonly IChance _chance;
    private readonly HttpMessageInvoker _http;
    private readonly string _self;

    // A peer whose clock differs is spoken to in its own time: a wrong clock at either end must stop no message.
    private readonly ConcurrentDictionary<PeerId, TimeSpan> _offsets = new();

    public MeshClient(MeshHttpOptions options, ISigner signer, ITransportHost host, TimeProvider time, IChance chance)
    {
        (_options, _signer, _host, _time, _chance) = (options, signer, host, time, chance);
        _self = signer.Self.ToString();
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
            MaxConnectionsPerServer = 8,
            MaxResponseHeadersLength = 16,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
        });
    }

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = new List<SendOutcome>(frames.Count);
        if (UrlOf(address) is not { } url) return Retry(frames, 0, frames.Count, $"'{address}' is no mesh+http address");
        for (var from = 0; from < frames.Count;)
        {
            var count = CountOf(frames, from);
            var batch = await SendBatchAsync(peer, url, frames, from, count, cancellation);
            outcomes.AddRange(batch);
            from += count;
            // A later frame must not be taken before an earlier one of its lane: the rest waits.
            if (batch.Count < count || batch.Any(o => o.Status == SendStatus.Retry)) break;
        }
        return outcomes;
    }

    public void Dispose() => _http.Dispose();

    private static Uri? UrlOf(PeerAddress address)
    {
        const string prefix = "mesh+";
        return address.Text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && Uri.TryCreate(address.Text[prefix.Length..], UriKind.Absolute, out var url)
            && url.Scheme == Uri.UriSchemeHttp ? new Uri(url, MeshHeaders.FramesPath) : null;
    }

    private int CountOf(IReadOnlyList<Frame> frames, int from)
    {
        var (count, bytes) = (0, 4L);
        while (from + count < frames.Count && count < BatchCodec.MaxFrames)
        {
            bytes += 4 + frames[from + count].Bytes.Length;
            if (count > 0 && bytes > _options.MaxBatchBytes) break;
            count++;
        }
        return count;
    }

    private async Task<IReadOnlyList<SendOutcome>> SendBatchAsync(
        PeerId peer, Uri url, IReadOnlyList<Frame> frames, int from, int count, CancellationToken cancellation)
    {
        var body = BatchCodec.Encode(frames, from, count);
        var digest = MeshHeaders.DigestOf(body);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(_options.SendTimeoutSeconds), _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            for (var first = true; ; first = false)
            {
                var (outcomes, reason, clock) = await CallAsync(peer, url, body, digest, count, both.Token);
                if (outcomes is not null) return outcomes;
                if (!clock || !first) return Retry(frames, from, count, reason);
            }
        }
        catch (OperationCanceledException)
        {
            return Retry(frames, from, count, cancellation.IsCancellationRequested
                ? "cancelled" : $"no answer within {_options.SendTimeoutSeconds} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
        {
            return Retry(frames, from, count, e.Message);
        }
    }

    private async Task<(List<SendOutcome>? Outcomes, string Reason, bool Clock)> CallAsync(
        PeerId peer, Uri url, byte[] body, string digest, int count, CancellationToken cancellation)
    {
        var nonceBytes = new byte[MeshHeaders.NonceBytes];
        _chance.Fill(nonceBytes);
        var nonce = Convert.ToBase64String(nonceBytes);
        using var request = Request(peer, url, body, digest, nonce);
        using var response = await _http.SendAsync(request, cancellation);
        if (await ReadAsync(response, BatchCodec.MaxResponseBytes(count), cancellation) is not { } answer)
            return (null, "the answer is too large", false);
        if (!IsSigned(peer, nonce, response, answer, out var itsTime))
            return (null, $"the answer ({(int)response.StatusCode}) is not signed by the peer for this request", false);

        _host.Heard(peer, itsTime);
        if (response.StatusCode == HttpStatusCode.OK)
            return BatchCodec.DecodeOutcomes(answer) is { } outcomes
                ? (outcomes, "", false) : (null, "the answer is malformed", false);
        if ((int)response.StatusCode != MeshServer.ClockStatus)
            return (null, $"the peer answered {(int)response.StatusCode}", false);
        _offsets[peer] = itsTime - _time.GetUtcNow();
        return (null, "the clocks differ too much, or the peer has just started", true);
    }

    private HttpRequestMessage Request(PeerId peer, Uri url, byte[] body, string digest, string nonce)
    {
        var now = _time.GetUtcNow() + _offsets.GetValueOrDefault(peer);
        var fields = new RequestFields(
            nonce, now.ToUnixTimeMilliseconds(), "POST", MeshHeaders.FramesPath, body.Length, digest);
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version11,
            Content = new ByteArrayContent(body),
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation(MeshHeaders.From, _self);
        headers.TryAddWithoutValidation(MeshHeaders.To, peer.ToString());
        headers.TryAddWithoutValidation(MeshHeaders.Nonce, nonce);
        headers.TryAddWithoutValidation(MeshHeaders.Timestamp, fields.TimestampMs.ToString(CultureInfo.InvariantCulture));
        headers.TryAddWithoutValidation(MeshHeaders.Digest, digest);
        headers.TryAddWithoutValidation(MeshHeaders.Signature, MeshHeaders.SignRequest(_signer, peer, fields));
        return request;
    }

    private bool IsSigned(
        PeerId peer, string nonce, HttpResponseMessage response, byte[] answer, out DateTimeOffset itsTime)
    {
        itsTime = default;
        if (!response.Headers.TryGetValues(MeshHeaders.Timestamp, out var times)
            || !long.TryParse(times.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            || ms > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !response.Headers.TryGetValues(MeshHeaders.Signature, out var signatures)) return false;
        itsTime = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        var fields = new ResponseFields(nonce, (int)response.StatusCode, ms, MeshHeaders.DigestOf(answer));
        return MeshHeaders.VerifyResponse(_signer, peer, fields, signatures.First());
    }

    private static async Task<byte[]?> ReadAsync(HttpResponseMessage response, int most, CancellationToken cancellation)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            if (body.Length + read > most) return null;
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }

    private static List<SendOutcome> Retry(IReadOnlyList<Frame> frames, int from, int count, string reason) =>
        [.. frames.Skip(from).Take(count).Select(f => new SendOutcome(f.Id, SendStatus.Retry, reason))];
}
