using System.Diagnostics;

namespace PluginNode.EndToEnd.Tests;

/// <summary>
/// A file system in memory that only the processes see which are started in there: in a mount namespace of its own, so
/// that nothing is left when the test ends, however it ends.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly Process _holder;

    private SmallDisk(string folder, Process holder) => (Folder, _holder) = (folder, holder);

    /// <summary>Where it lies for the processes in there.</summary>
    public string Folder { get; }

    /// <summary>Where it lies for the test.</summary>
    public string Outside => $"/proc/{_holder.Id}/root{Folder}";

    /// <summary>What stands before a command that is to run in there, with that working folder.</summary>
    public IReadOnlyList<string> Enter(string folder) =>
    [
        "nsenter", "--target", $"{_holder.Id}", "--user", "--mount", "--preserve-credentials", "--",
        "sh", "-c", "cd \"$0\" && exec \"$@\"", folder,
    ];

    /// <summary>Mounts one, or ends the test with the reason why that is not possible here.</summary>
    public static async Task<SmallDisk> MountAsync(string folder, string size)
    {
        var (disk, reason) = await TryMountAsync(folder, size);
        if (disk is null) Assert.Ignore(reason);
        return disk!;
    }

    /// <summary>Mounts one, or says why that is not possible here.</summary>
    public static async Task<(SmallDisk? Disk, string Reason)> TryMountAsync(string folder, string size)
    {
        if (!OperatingSystem.IsLinux()) return (null, "A file system of a test's own needs Linux.");
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo("unshare",
        [
            "--user", "--map-root-user", "--mount", "sh", "-c",
            "mount -t tmpfs -o size=$1,mode=700 none \"$2\" && echo mounted && exec cat", "sh", size, folder,
        ])
        {
            UseShellExecute = false, WorkingDirectory = folder, RedirectStandardInput = true,
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process holder;
        try
        {
            holder = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (null, $"No file system can be mounted here: {e.Message}");
        }
        if (await holder.StandardOutput.ReadLineAsync() == "mounted") return (new SmallDisk(folder, holder), "");
        using (holder)
            return (null, $"No file system can be mounted here: {await holder.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Writes to it until nothing more fits.</summary>
    public void Fill()
    {
        using var filler = new FileStream(
            Path.Combine(Outside, "filler"), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            for (var part = new byte[4096]; ;) filler.Write(part);
        }
        catch (IOException)
        {
            // That was the last page.
        }
    }

    /// <summary>Takes away what <see cref="Fill"/> wrote.</summary>
    public void Free() => File.Delete(Path.Combine(Outside, "filler"));

    /// <summary>From now on nothing can be written.</summary>
    public async Task MakeReadOnlyAsync()
    {
        var enter = Enter("/");
        using var mount = Process.Start(enter[0], [.. enter.Skip(1), "mount", "-o", "remount,ro", Folder]);
        await mount.WaitForExitAsync();
        Assert.That(mount.ExitCode, Is.Zero, "remount");
    }

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
    }
}
