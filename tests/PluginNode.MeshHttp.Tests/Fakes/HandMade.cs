using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Fakes;

/// <summary>Requests to a node by hand, as no client of ours would make them.</summary>
internal sealed class HandMade(TestNode to, TestSigner from) : IDisposable
{
    private readonly HttpClient _http = new();

    public static byte[] Body { get; } = SomeBody();

    /// <summary>The node's time, in milliseconds since 1970.</summary>
    public long Now => to.Node.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public RequestHead Head(byte[]? body = null) => new(
        from.Self, to.Id, BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16)),
        Now, Now, (body ?? Body).Length, SHA256.HashData(body ?? Body));

    /// <summary>The head as it goes over the wire.</summary>
    public string Text(TestSigner signer, RequestHead head, string more = "")
    {
        using var request = new HttpRequestMessage();
        head.Write(request.Headers, head.From.ToString(), head.To.ToString(), signer);
        return $"POST {MeshWire.FramesPath} HTTP/1.1\r\nHost: b\r\nContent-Length: {head.ContentLength}\r\n{more}"
            + string.Concat(request.Headers.Select(h => $"{h.Key}: {h.Value.Single()}\r\n")) + "\r\n";
    }

    public async Task<HttpResponseMessage> PostAsync(
        TestSigner signer, RequestHead head, Action<HttpRequestHeaders>? change = null, byte[]? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(to.Url, MeshWire.FramesPath));
        request.Content = new ByteArrayContent(body ?? Body);
        head.Write(request.Headers, head.From.ToString(), head.To.ToString(), signer);
        change?.Invoke(request.Headers);
        return await _http.SendAsync(request);
    }

    public void Dispose() => _http.Dispose();

    private static byte[] SomeBody()
    {
        using var batch = new FrameBatch([TestNode.SomeFrame()], 0, 1);
        return [.. batch.Segments.SelectMany(s => s.ToArray())];
    }
}
