using System.Diagnostics;
using PluginNode.FileStore;

namespace PluginNode.Benchmarks;

/// <summary>What the disk can do at most: append and flush in a loop, into a file that was written before.</summary>
internal static class DiskLimit
{
    private const int FileBytes = 64 << 20;

    public static async Task<double> MeasureAsync(string folder, int bytes, int batch, int messages)
    {
        var path = Directory.CreateDirectory(Path.Combine(folder, Path.GetRandomFileName())).FullName;
        var disk = new FolderDisk(path);
        using var file = disk.Open("limit", create: true);
        var zeros = new byte[1 << 20];
        for (var at = 0L; at < FileBytes; at += zeros.Length) await file.WriteAsync(at, zeros, at + zeros.Length == FileBytes);
        var data = new byte[bytes * batch];
        Random.Shared.NextBytes(data);
        var clock = Stopwatch.StartNew();
        var offset = 0L;
        for (var done = 0; done < messages; done += batch)
        {
            if (offset + data.Length > FileBytes) offset = 0;
            await file.WriteAsync(offset, data, flush: true);
            offset += data.Length;
        }
        var speed = messages / clock.Elapsed.TotalSeconds;
        Directory.Delete(path, recursive: true);
        return speed;
    }
}
