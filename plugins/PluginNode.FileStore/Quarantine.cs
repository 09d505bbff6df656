using System.Globalization;
using Microsoft.Extensions.Logging;
using PluginNode.Storage;

namespace PluginNode.FileStore;

/// <summary>Copies damaged bytes aside, and only then lets them go.</summary>
internal sealed class Quarantine(IDisk disk, ILogger logger)
{
    /// <summary>Copies a range of a segment into a file of its own, on stable storage when the task
    /// completes.</summary>
    public async Task CopyAsync(Segment segment, long offset, long bytes, string what)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"quarantine/{segment.Number:D8}-{offset:D10}.bin");
        var content = new byte[bytes];
        for (var done = 0; done < bytes;)
        {
            var read = segment.File.Read(offset + done, content.AsSpan(done));
            if (read == 0) break;
            done += read;
        }
        // It may have been copied before a crash kept it from being let go; that copy may be torn, so it is written
        // again.
        using (var copy = disk.Open(name, create: !Exists(name))) await copy.WriteAsync(0, content, flush: true);
        await disk.FlushFolderAsync();
        LogMessages.Quarantined(logger, what, bytes, segment.Name, offset);
    }

    /// <summary>
    /// Overwrites a place, so that it is not found and reported again: with the end mark that belongs there, and
    /// damage with a frame that says nothing. Zeros in the place of a batch's last frame would make the rest of that
    /// batch look like one that was never finished.
    /// </summary>
    public static async Task MendAsync(Segment segment, BadPlace place)
    {
        var content = new byte[place.Bytes];
        if (place.What == SegmentScan.BadEndMark) FrameFormat.End.CopyTo(content);
        else FrameFormat.WriteVoid(content);
        await segment.File.WriteAsync(place.Offset, content, flush: true);
    }

    private bool Exists(string name)
    {
        try
        {
            using var file = disk.Open(name, create: false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
