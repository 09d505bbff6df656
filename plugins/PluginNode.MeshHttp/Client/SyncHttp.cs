using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Client;

/// <summary>Posts one signed question and takes one signed answer.</summary>
internal sealed class SyncHttp(MeshHttpOptions options, MeshNode node, SyncParts parts) : ISyncWire, IDisposable
{
    private const int MaxErrorText = 4096;

    // for what the rate does not count: answers that begin slowly, and the way there
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker _http = new(Connect(options));
    private readonly SignedTimes _times = new(node.Time);

    /// <summary>How long the body of one answer may take, however much comes: a smaller one is asked for
    /// then.</summary>
    public static TimeSpan MostBodyTime { get; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public bool NeedsSignedEvents => true;

    /// <inheritdoc/>
    /// <returns><see cref="AskOutcome.Answered"/> for a 200 whose headers are signed by that neighbour for that very
    /// body.</returns>
    public async Task<SyncReply> AskAsync(
        SyncNeighbour to, string path, byte[] json, GrowingBody into, Func<bool, string?> look,
        TimeSpan? callTime, CancellationToken cancellation)
    {
        if (ListenAddress.ToUrl(to.Address.Text, path) is not { } url)
            return SyncReply.Failed(AskOutcome.Unreachable, $"{to.Address} is not mesh+http://host:port");
        using var limit = new CancellationTokenSource(options.SendLimit, node.Time);
        using var whole = new CancellationTokenSource(callTime ?? Timeout.InfiniteTimeSpan, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token, whole.Token);
        var begun = false;
        try
        {
            using var request = Request(to, url, path, json, out var nonce);
            using var response = await _http.SendAsync(request, either.Token);
            begun = true;
            var call = new Call(to, response, nonce, limit, into, look);
            return await ReadAsync(call, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return begun
                ? SyncReply.Failed(AskOutcome.TooSlow, $"{into.Length} bytes came in the time that there is")
                : SyncReply.Failed(AskOutcome.Unreachable, $"no answer within {Shorter(callTime, options.SendLimit)}");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // the handler throws of many types for what a peer may do; none of them is this node's fault
            var isGarbage = e is InvalidDataException
                or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
                or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse };
            return SyncReply.Failed(
                isGarbage ? AskOutcome.Malformed : AskOutcome.Unreachable,
                e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Connect(MeshHttpOptions options)
    {
        var handler = Connections.Make(options);
        // an answer that is given up takes its connection with it
        handler.MaxResponseDrainSize = 0;
        handler.RequestHeaderEncodingSelector = (name, _) => NaraEncodings.Of(name);
        handler.ResponseHeaderEncodingSelector = (name, _) => NaraEncodings.Of(name);
        return handler;
    }

    private static string? One(HttpResponseHeaders headers, string name)
    {
        if (!headers.NonValidated.TryGetValues(name, out var values) || values.Count != 1) return null;
        foreach (var value in values) return value;
        return null;
    }

    private static TimeSpan Shorter(TimeSpan? one, TimeSpan other) => one < other ? one.Value : other;

    private HttpRequestMessage Request(SyncNeighbour to, Uri url, string path, byte[] json, out UInt128 nonce)
    {
        var time = _times.Next();
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        parts.Signer.SignRequest(time, MeshWire.Method, path, signature);
        Span<byte> random = stackalloc byte[MeshWire.NonceBytes];
        node.Chance.Fill(random);
        nonce = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(random);
        var proof = SyncProof.Sign(node.Signer, to.Key, nonce, time, path, SHA256.HashData(json));
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(json),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        Add(NaraHead.NameHeader, parts.Signer.Name);
        Add(NaraHead.TimestampHeader, time.ToString(CultureInfo.InvariantCulture));
        Add(NaraHead.SignatureHeader, Convert.ToBase64String(signature));
        Add(SyncProof.NonceHeader, proof.NonceText());
        Add(SyncProof.SignatureHeader, Convert.ToBase64String(proof.Signature));
        Add("Accept-Encoding", "gzip");
        return request;

        void Add(string name, string value) => request.Headers.TryAddWithoutValidation(name, value);
    }

    private async Task<SyncReply> ReadAsync(Call call, CancellationToken cancellation)
    {
        var status = (int)call.Response.StatusCode;
        var isOk = status == (int)HttpStatusCode.OK;
        if (isOk && Unfit(call) is { } unfit) return unfit;
        var body = isOk ? call.Into : new GrowingBody(MaxErrorText);
        await using var raw = await call.Response.Content.ReadAsStreamAsync(cancellation);
        var encodings = call.Response.Content.Headers.ContentEncoding;
        if (encodings.Count > 1 || encodings.Any(e => e != "gzip"))
            return SyncReply.Failed(AskOutcome.Malformed, "it is compressed in a way that nobody asked for");
        await using var stream = encodings.Count == 0 ? raw : new GZipStream(raw, CompressionMode.Decompress);
        var (digest, problem) = await ReadBodyAsync(call, body, isOk ? call.Look : _ => null, stream, cancellation);
        if (!isOk) return Refusal(status, body);
        if (problem is not null) return SyncReply.Failed(AskOutcome.Malformed, problem);
        return digest is null
            ? SyncReply.Failed(AskOutcome.TooLarge, $"it has more than {body.Length} bytes")
            : Judge(call, digest);
    }

    /// <summary>The body's digest; null where it does not end within its bounds, or there is a problem with
    /// it.</summary>
    private async Task<(byte[]? Digest, string? Problem)> ReadBodyAsync(
        Call call, GrowingBody body, Func<bool, string?> look, Stream stream, CancellationToken cancellation)
    {
        var start = node.Time.GetTimestamp();
        var looked = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var allowed = Grace + MeshWire.BodyTime(body.Length);
            allowed = (allowed < MostBodyTime ? allowed : MostBodyTime) - node.Time.GetElapsedTime(start);
            if (allowed > TimeSpan.Zero) call.Limit.CancelAfter(allowed);
            else await call.Limit.CancelAsync();
            var room = body.Room();
            var count = await stream.ReadAsync(room.IsEmpty ? new byte[1] : room, cancellation);
            if (count == 0) return (hash.GetHashAndReset(), look(true));
            if (room.IsEmpty) return (null, null);
            hash.AppendData(room.Span[..count]);
            body.Add(count);
            // What is garbage already need not come to its end. A text that does not end is gone through again at each
            // look, so that these become rarer.
            if (body.Length - looked < Math.Max(4096, looked / 8)) continue;
            looked = body.Length;
            if (look(false) is { } problem) return (null, problem);
        }
    }

    // what the headers alone show
    private SyncReply? Unfit(Call call)
    {
        if (NaraHead.Read(
            One(call.Response.Headers, NaraHead.NameHeader), One(call.Response.Headers, NaraHead.TimestampHeader),
            One(call.Response.Headers, NaraHead.SignatureHeader), out var head) is { } missing)
            return SyncReply.Failed(AskOutcome.WrongSignature, missing);
        call.Head = head;
        if (head.Name != call.To.Name)
            return SyncReply.Failed(AskOutcome.WrongSignature, $"'{head.Name}' answers, and not {call.To.Name}");
        var away = node.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(head.Timestamp);
        return away.Duration() > TimeSpan.FromMilliseconds(NaraHead.FreshFor)
            ? SyncReply.Failed(AskOutcome.NotFresh, $"it was signed {away} away from this node's time")
            : null;
    }

    private SyncReply Judge(Call call, byte[] digest)
    {
        if (!call.Head!.IsResponseSigned(parts.Signer, call.To.Key, digest))
            return SyncReply.Failed(AskOutcome.WrongSignature, $"the headers are not signed by {call.To.Name}");
        var headers = call.Response.Headers;
        var isPluginNode = headers.NonValidated.Contains(MeshWire.Signature);
        var signature = new byte[ISigner.SignatureBytes];
        if (isPluginNode && (!ResponseProof.TryRead(headers, signature, out var proof) || !ResponseProof.HoldsDigest(
            node.Signer, call.To.Key, call.Nonce, (int)call.Response.StatusCode, proof, digest, signature)))
            return SyncReply.Failed(AskOutcome.WrongSignature, $"{call.To.Name} did not sign it for this request");
        return new SyncReply(AskOutcome.Answered)
        {
            IsPluginNode = isPluginNode, Bytes = call.Into.Length, Status = (int)call.Response.StatusCode,
        };
    }

    private static SyncReply Refusal(int status, GrowingBody body)
    {
        var busy = status is (int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.ServiceUnavailable;
        var text = $"HTTP {status}: {Encoding.UTF8.GetString(body.Bytes.Span).TrimEnd()}";
        return SyncReply.Failed(busy ? AskOutcome.Busy : AskOutcome.Refused, text) with { Status = status };
    }

    private sealed record Call(
        SyncNeighbour To, HttpResponseMessage Response, UInt128 Nonce, CancellationTokenSource Limit,
        GrowingBody Into, Func<bool, string?> Look)
    {
        public NaraHead? Head { get; set; }
    }
}
