using System.Net;
using System.Net.Http.Headers;

namespace PluginNode.MeshHttp.Wire;

/// <summary>Writes a batch as the content of one request.</summary>
internal sealed class BatchContent : HttpContent
{
    private readonly FrameBatch _batch;
    private Task _writing = Task.CompletedTask;

    public BatchContent(FrameBatch batch)
    {
        _batch = batch;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <summary>Whether the frames are still being read.</summary>
    public bool IsWriting => !_writing.IsCompleted;

    /// <summary>Waits until the frames are not read any more. An answer may come, and a request end, before its body is
    /// out; how the writing ended is told by the request itself.</summary>
    public async Task WrittenAsync() => await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _writing = WriteAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = _batch.Length;
        return true;
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellation)
    {
        foreach (var segment in _batch.Segments) await stream.WriteAsync(segment, cancellation);
    }
}
