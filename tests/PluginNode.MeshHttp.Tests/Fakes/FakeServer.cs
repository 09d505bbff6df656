using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Fakes;

/// <summary>A bare TCP server: reads one request a connection and answers with whatever bytes the test gives. An answer
/// of null is silence.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, Task<byte[]?>> _answer;
    private readonly Task _loop;

    public FakeServer(Func<string, Task<byte[]?>> answer)
    {
        _answer = answer;
        _listener.Start();
        _loop = RunAsync();
    }

    public FakeServer(Func<string, byte[]?> answer)
        : this(head => Task.FromResult(answer(head)))
    {
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    public PeerAddress Address => TestNode.Parse($"mesh+{Url.GetLeftPart(UriPartial.Authority)}");

    public int Requests { get; private set; }

    public static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    public static string Header(string head, string name) => head.Split("\r\n")
        .First(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();

    /// <summary>Writes raw bytes to a server and reads until the end of the first answer's head.</summary>
    public static async Task<string> ExchangeHeadAsync(Uri url, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Text(request));
        return (await ReadHeadAsync(stream, CancellationToken.None)).Head;
    }

    /// <summary>An answer with a proof for the request of that head.</summary>
    public static byte[] Signed(string requestHead, ISigner signer, int status, byte[] body, long? maxBatch = null)
    {
        var context = new DefaultHttpContext();
        context.Response.StatusCode = status;
        var nonce = Base64Url.DecodeFromChars(Header(requestHead, MeshWire.Nonce));
        ResponseProof.Sign(
            context.Response, signer, BinaryPrimitives.ReadUInt128BigEndian(nonce),
            new(1_700_000_000_000, maxBatch), body);
        var headers = string.Concat(context.Response.Headers.Select(h => $"{h.Key}: {h.Value}\r\n"));
        headers += $"Content-Length: {body.Length}\r\nConnection: close\r\n";
        return [.. Text($"HTTP/1.1 {status} X\r\n{headers}\r\n"), .. body];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _listener.Dispose();
    }

    public static async Task<(string Head, byte[] Body)> ReadHeadAsync(
        NetworkStream stream, CancellationToken cancellation)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var count = await stream.ReadAsync(buffer, cancellation);
            bytes.Write(buffer, 0, count);
            var text = Encoding.Latin1.GetString(bytes.ToArray());
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0) return (text[..end], bytes.ToArray()[(end + 4)..]);
            if (count == 0) return (text, []);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            var stream = client.GetStream();
            var (head, rest) = await ReadHeadAsync(stream, _stop.Token);
            if (head.Length == 0) continue;
            Requests++;
            if (head.Contains("100-continue", StringComparison.Ordinal))
                await stream.WriteAsync(Text("HTTP/1.1 100 Continue\r\n\r\n"), _stop.Token);
            var body = new byte[int.Parse(Header(head, "Content-Length")) - rest.Length];
            await stream.ReadExactlyAsync(body, _stop.Token);
            if (await _answer(head) is { } answer) await stream.WriteAsync(answer, _stop.Token);
            else await Task.Delay(Timeout.Infinite, _stop.Token);
        }
    }
}
