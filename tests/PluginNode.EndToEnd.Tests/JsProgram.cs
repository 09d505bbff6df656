using System.Diagnostics;

namespace PluginNode.EndToEnd.Tests;

/// <summary>A program of tests/interop in a process of its own.</summary>
internal sealed class JsProgram : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private JsProgram(Process process) => _process = process;

    /// <summary>Starts it; the test is left out, with what to do, where Node or its packages are not there.</summary>
    public static JsProgram Start(string name, params string[] arguments)
    {
        var root = Path.GetDirectoryName(Path.GetDirectoryName(NodeProcess.Staged))!;
        var folder = Path.Combine(root, "tests", "interop");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "libp2p")))
            Assert.Ignore("js-libp2p is not installed: run 'npm ci' in tests/interop (Node 20 or later).");
        var start = new ProcessStartInfo("node", [name, .. arguments])
        {
            WorkingDirectory = folder, UseShellExecute = false,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Ignore($"Node is not installed (20 or later is needed): {e.Message}");
        }
        process!.ErrorDataReceived += (_, line) => TestContext.Progress.WriteLine($"js: {line.Data}");
        process.BeginErrorReadLine();
        return new JsProgram(process);
    }

    public void Write(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>What follows the label on the next line, which must have it.</summary>
    public async Task<string> ReadAsync(string label)
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException("The program has ended.");
        Assert.That(line, Does.StartWith($"{label}: "));
        return line[(label.Length + 2)..];
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
