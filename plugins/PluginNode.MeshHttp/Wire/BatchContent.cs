using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace PluginNode.MeshHttp.Wire;

/// <summary>Writes a batch as the content of one request, in pieces that are worth a write each.</summary>
internal sealed class BatchContent : HttpContent
{
    private const int Piece = 256 * 1024;

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
        var piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(Piece, _batch.Length));
        try
        {
            var filled = 0;
            foreach (var segment in _batch.Segments)
            {
                if (filled > 0 && segment.Length > piece.Length - filled)
                {
                    await stream.WriteAsync(piece.AsMemory(0, filled), cancellation);
                    filled = 0;
                }
                if (segment.Length > piece.Length)
                {
                    await stream.WriteAsync(segment, cancellation);
                    continue;
                }
                segment.CopyTo(piece.AsMemory(filled));
                filled += segment.Length;
            }
            if (filled > 0) await stream.WriteAsync(piece.AsMemory(0, filled), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
