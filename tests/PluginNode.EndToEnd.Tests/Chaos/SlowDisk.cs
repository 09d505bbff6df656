using System.Diagnostics;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>Makes every flush of a running process take longer, for as long as this is not disposed. Needs
/// <c>strace</c>.</summary>
internal sealed class SlowDisk : IAsyncDisposable
{
    private readonly Process _tracer;

    private SlowDisk(Process tracer) => _tracer = tracer;

    /// <summary>Why it is not possible here; null: it is.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        try
        {
            using var tried = Process.Start(Tracer("-e", "trace=fsync", "true"))!;
            var said = await tried.StandardError.ReadToEndAsync();
            await tried.WaitForExitAsync();
            return tried.ExitCode == 0 ? null : $"strace does not work here: {said.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "the package 'strace' is not installed (apt-get install strace)";
        }
    }

    public static SlowDisk Under(int processId, TimeSpan flush) => new(Process.Start(Tracer(
        "-f", "-p", $"{processId}", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
        $"inject=fsync,fdatasync:delay_enter={(long)flush.TotalMicroseconds}"))!);

    public async ValueTask DisposeAsync()
    {
        // Killed, not asked: asked while the process that it watches is just being killed, it waits for ever and keeps
        // that process from ending. The system lets the process go either way.
        _tracer.Kill();
        await _tracer.WaitForExitAsync();
        _tracer.Dispose();
    }

    private static ProcessStartInfo Tracer(params string[] arguments) =>
        new("strace", arguments) { UseShellExecute = false, RedirectStandardError = true };
}
