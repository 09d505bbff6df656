using System.Diagnostics;
using System.Text.Json;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>A process that is one end, and is told what to do.</summary>
internal sealed class BenchEnd : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private BenchEnd(Process process) => _process = process;

    /// <summary>Where it listens.</summary>
    public EndAnswer Listening { get; private set; } = new();

    /// <summary>This program again, with a key for frames that the other one knows.</summary>
    public static Task<BenchEnd> OursAsync(int seed, int peer) =>
        StartAsync(Environment.ProcessPath!, ["libp2p-end", $"{seed}", $"{peer}"], "");

    /// <summary>js-libp2p.</summary>
    public static Task<BenchEnd> JsAsync() => StartAsync("node", ["bench.mjs"], JsFolder);

    /// <summary>Why js-libp2p cannot be measured; null where it can.</summary>
    public static string? WhyNoJs()
    {
        if (!Directory.Exists(Path.Combine(JsFolder, "node_modules", "libp2p")))
            return "js-libp2p is not installed: run 'npm ci' in tests/interop (it needs Node 20 or later)";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Any(f => File.Exists(Path.Combine(f, "node"))) ? null : "'node' is not on the path";
    }

    // build/bench starts this in the root
    private static string JsFolder => Path.Combine(Environment.CurrentDirectory, "tests", "interop");

    /// <summary>Has it do something and gives what came of it.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<EndAnswer> CallAsync(EndCall call)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(call, EndJson.Default.EndCall));
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException($"{this} has ended at '{call.Do}'");
        var answer = JsonSerializer.Deserialize(line, EndJson.Default.EndAnswer)!;
        return answer.Error is null ? answer
            : throw new InvalidOperationException($"{this} failed at '{call.Do}': {answer.Error}");
    }

    public override string ToString() => $"{Path.GetFileName(_process.StartInfo.FileName)} ({_process.Id})";

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<BenchEnd> StartAsync(string file, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var end = new BenchEnd(Process.Start(start)!);
        end.Listening = await end.CallAsync(new EndCall("listen"));
        return end;
    }
}
