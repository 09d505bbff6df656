namespace PluginNode.FileStore;

/// <summary>Prepares segments: allocated, written with zeros and flushed, name included, so that a commit into them
/// changes no metadata.</summary>
internal sealed class SegmentMaker(IDisk disk, int usualBytes)
{
    private static readonly byte[] Zeros = new byte[1 << 20];

    /// <summary>Bytes of a segment, where no batch is larger.</summary>
    public int UsualBytes => usualBytes;

    /// <exception cref="IOException">The disk failed; nothing is left behind, as far as it lets us.</exception>
    public async Task<Segment> MakeAsync(int number, long atLeast)
    {
        var size = Math.Max(usualBytes, atLeast);
        var file = disk.Open(Segment.NameOf(number), create: true);
        try
        {
            for (var at = 0L; at < size; at += Zeros.Length)
            {
                await Task.Yield(); // 64 MiB take a while, and the caller goes on committing meanwhile
                var part = Zeros.AsMemory(0, (int)Math.Min(Zeros.Length, size - at));
                await file.WriteAsync(at, part, flush: at + part.Length >= size);
            }
            await disk.FlushFolderAsync();
            return new Segment(number, file, size);
        }
        catch (IOException)
        {
            file.Dispose();
            disk.Delete(Segment.NameOf(number));
            throw;
        }
    }
}
