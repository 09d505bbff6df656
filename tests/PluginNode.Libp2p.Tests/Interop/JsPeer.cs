using PluginNode.Conformance;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Interop;

/// <summary>A js-libp2p peer in a process of its own, steered by tests/interop/peer.mjs.</summary>
internal sealed class JsPeer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _calls = new();
    private readonly Task _reading, _complaining;
    private readonly TaskCompletionSource<JsonObject> _started = Signal.New<JsonObject>();
    private int _lastCall;

    private JsPeer(Process process)
    {
        _process = process;
        _calls[0] = _started;
        _reading = ReadAsync();
        _complaining = ComplainAsync();
    }

    public PeerId Peer { get; private set; }

    public Multiaddr Address { get; private set; } = null!;

    private static string Folder
    {
        get
        {
            // artifacts/bin/<project>/<configuration>/
            var root = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(root.Parent!.Parent!.Parent!.Parent!.FullName, "tests", "interop");
        }
    }

    /// <summary>Starts it; the test is left out, with what to do, where Node or its packages are not there.</summary>
    /// <param name="arguments">Its port and the seed of its key; each where it is not there is any one.</param>
    public static async Task<JsPeer> StartAsync(params string[] arguments)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "libp2p")))
            Assert.Ignore("js-libp2p is not installed: run 'npm ci' in tests/interop (it needs Node 20 or later).");
        var start = new ProcessStartInfo("node", ["peer.mjs", .. arguments])
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true, UseShellExecute = false,
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
        var peer = new JsPeer(process!);
        await peer._started.Task.SoonAsync();
        var listening = await peer.CallAsync("listen");
        peer.Peer = PeerId.Parse((string)listening["peer"]!);
        peer.Address = Multiaddr.Parse((string)listening["addresses"]![0]!);
        return peer;
    }

    /// <summary>Runs a command and gives its answer.</summary>
    /// <exception cref="InvalidOperationException">The command failed; the message is js-libp2p's.</exception>
    public async Task<JsonObject> CallAsync(string command, params (string Name, JsonNode? Value)[] arguments)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var call = new JsonObject { ["id"] = id, ["do"] = command };
        foreach (var (name, value) in arguments) call[name] = value;
        var answer = _calls[id] =
            Signal.New<JsonObject>();
        lock (_process) _process.StandardInput.WriteLine(call.ToJsonString());
        var result = await answer.Task.WaitAsync(2 * Patience.Long);
        return (bool)result["ok"]! ? result : throw new InvalidOperationException((string?)result["error"]);
    }

    /// <summary>What became of the last stream of a protocol that was opened there, once it has ended.</summary>
    public async Task<JsonObject> EndOfAsync(string protocol)
    {
        JsonObject? last = null;
        using var patience = new CancellationTokenSource(Patience.Long);
        while ((string?)last?["end"] is null or "open")
        {
            patience.Token.ThrowIfCancellationRequested();
            var seen = (await CallAsync("seen"))["seen"]!.AsArray();
            last = seen.Select(s => s!.AsObject()).LastOrDefault(s => (string?)s["protocol"] == protocol);
        }
        return last!;
    }

    /// <summary>kill −9, and waits until it is gone.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync().SoonAsync();
    }

    /// <summary>Sends it a signal by its name, e.g. <c>STOP</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync().SoonAsync();
        Assert.That(kill.ExitCode, Is.Zero, $"kill -{signal}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync().SoonAsync();
        await Task.WhenAll(_reading, _complaining).SoonAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var answer = JsonNode.Parse(line)!.AsObject();
            if (_calls.TryRemove((int)answer["id"]!, out var call)) call.TrySetResult(answer);
        }
        foreach (var call in _calls.Values) call.TrySetException(new InvalidOperationException("js-libp2p has ended."));
    }

    private async Task ComplainAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line) TestContext.Progress.WriteLine($"js: {line}");
    }
}
