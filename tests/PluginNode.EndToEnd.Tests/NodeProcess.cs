using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>A real node in a folder of its own, which can be killed and started again.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(60);

    private readonly List<string> _log = [];
    private readonly int _apiPort = FreePort();
    private readonly int _meshPort = FreePort();
    private readonly int _libp2pPort = FreePort();
    private readonly SmallDisk? _disk;
    private Process? _process;

    /// <param name="folder">Its own is made in there.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="disk">Where it keeps its data; only processes that run in there see it.</param>
    public NodeProcess(string folder, string name, SmallDisk? disk = null)
    {
        (Name, Folder, _disk) = (name, Path.Combine(folder, name), disk);
        Directory.CreateDirectory(Folder);
        Configuration = new JsonObject
        {
            ["node"] = new JsonObject { ["name"] = name },
            ["api"] = new JsonObject { ["listen"] = $"http://127.0.0.1:{_apiPort}" },
            ["plugins"] = new JsonObject
            {
                ["folder"] = Path.Combine(Staged, "plugins"),
                ["settings"] = new JsonObject
                {
                    ["mesh-http"] = new JsonObject { ["listen"] = $"http://127.0.0.1:{_meshPort}" },
                    ["libp2p"] = new JsonObject { ["listen"] = new JsonArray(Libp2pAddress) },
                    ["file-store"] = new JsonObject { ["segmentBytes"] = 1 << 20 },
                },
            },
            ["delivery"] = new JsonObject
            {
                ["protocols"] = new JsonObject { ["/test/critical"] = "critical", ["/test/moderate"] = "moderate" },
                ["retry"] = new JsonObject { ["first"] = "100ms", ["most"] = "1s" },
            },
            ["peers"] = new JsonArray(),
        };
        if (disk is not null) Configuration["node"]!["data"] = Path.Combine(disk.Folder, "data");
        WriteConfiguration();
    }

    public string Name { get; }
    public string Folder { get; }
    public string ConfigurationFile => Path.Combine(Folder, "plugins.json");
    public string Data => Path.Combine(_disk?.Outside ?? Folder, "data");
    public string Store => Path.Combine(Data, "store");
    public int ApiPort => _apiPort;
    public int MeshPort => _meshPort;
    public int Libp2pPort => _libp2pPort;
    public string MeshAddress => $"mesh+http://127.0.0.1:{_meshPort}";
    public string Libp2pAddress => $"/ip4/127.0.0.1/tcp/{_libp2pPort}";

    /// <summary>What is written into its file at its next start.</summary>
    public JsonObject Configuration { get; }

    /// <summary>What stands in its environment besides, from its next start on.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>Where all that it prints is kept; null: only the last lines are, in <see cref="Log"/>.</summary>
    public string? LogFile { get; init; }

    public HttpClient Api { get; } = new() { Timeout = TimeSpan.FromSeconds(100) };
    public int ProcessId => _process!.Id;
    public bool Runs => _process is { HasExited: false };

    /// <summary>The node that <c>build/stage</c> put together.</summary>
    public static string Staged
    {
        get
        {
            for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
                if (File.Exists(Path.Combine(folder, "node", "pluginnode"))) return Path.Combine(folder, "node");
            throw new InvalidOperationException("There is no staged node: run build/stage first, or build/test.");
        }
    }

    /// <summary>Introduces each to the other, before either runs.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <param name="toA">Where <paramref name="b"/> dials; null: <paramref name="a"/> itself.</param>
    /// <param name="toB">Where <paramref name="a"/> dials; null: <paramref name="b"/> itself.</param>
    public static async Task IntroduceAsync(NodeProcess a, NodeProcess b, Relay? toA = null, Relay? toB = null)
    {
        var (keyA, keyB) = (await a.PublicKeyAsync(), await b.PublicKeyAsync());
        a.AddPeer(b, keyB, toB?.MeshAddress ?? b.MeshAddress);
        b.AddPeer(a, keyA, toA?.MeshAddress ?? a.MeshAddress);
    }

    /// <summary>Introduces each to the other, before either runs.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <param name="addresses">Where a node is dialled.</param>
    public static async Task IntroduceAsync(NodeProcess a, NodeProcess b, Func<NodeProcess, string[]> addresses)
    {
        var (keyA, keyB) = (await a.PublicKeyAsync(), await b.PublicKeyAsync());
        a.AddPeer(b, keyB, addresses(b));
        b.AddPeer(a, keyA, addresses(a));
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        _process = Run("run");
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            if (_process.HasExited || deadline.Elapsed > StartsWithin)
                throw new InvalidOperationException($"{Name} does not start:\n{Log}");
            try
            {
                using var response = await Api.GetAsync($"http://127.0.0.1:{_apiPort}/health/ready");
                if (response.StatusCode == HttpStatusCode.OK) break;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(10);
        }
        // Only where it is another: others may be asking already, and headers are not for two threads.
        var token = (await File.ReadAllTextAsync(Path.Combine(Data, "api.token"))).Trim();
        if (Api.DefaultRequestHeaders.Authorization?.Parameter != token)
            Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>kill −9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        using var patience = new CancellationTokenSource(StopsWithin);
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new InvalidOperationException($"{Name} does not stop:\n{Log}", e);
        }
        return _process.ExitCode;
    }

    /// <summary>SIGSTOP, SIGCONT, ….</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Runs a command of this node's and returns its exit code and all that it printed.</summary>
    public async Task<(int Exit, string Output)> CommandAsync(params string[] arguments)
    {
        lock (_log) _log.Clear();
        using var process = Run(arguments);
        using var patience = new CancellationTokenSource(StartsWithin);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new InvalidOperationException($"'{string.Join(' ', arguments)}' does not end:\n{Log}", e);
        }
        return (process.ExitCode, Log);
    }

    public Uri Url(string path) => new($"http://127.0.0.1:{_apiPort}{path}");

    public async Task<JsonNode> GetAsync(string path)
    {
        using var response = await Api.GetAsync(Url(path));
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    public async Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(string path, JsonNode body)
    {
        using var content = new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var response = await Api.PostAsync(Url(path), content);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>Sends a message that is accepted; its id.</summary>
    public async Task<string> SendAsync(string to, string text, string protocol = "/test/critical")
    {
        var (status, answer) = await PostAsync(
            "/v1/messages", new JsonObject { ["to"] = to, ["protocol"] = protocol, ["text"] = text });
        return status == HttpStatusCode.Accepted
            ? answer!["id"]!.GetValue<string>()
            : throw new InvalidOperationException($"{status}: {answer}");
    }

    /// <summary>Waits until that message is not waiting any more.</summary>
    public Task EndedAsync(string id) => Until.TrueAsync(
        async () => (await GetAsync("/v1/messages?limit=1000"))["messages"]!.AsArray()
            .All(m => m!["id"]!.GetValue<string>() != id), $"{id} ends");

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        Api.Dispose();
    }

    /// <summary>What it printed, the last lines of it.</summary>
    public string Log
    {
        get
        {
            lock (_log) return string.Join('\n', _log);
        }
    }

    private async Task<string> PublicKeyAsync()
    {
        var (exit, output) = await CommandAsync("identity", "--json");
        return exit == 0
            ? JsonNode.Parse(output)!["publicKey"]!.GetValue<string>()
            : throw new InvalidOperationException($"pluginnode identity failed: {output}");
    }

    private void AddPeer(NodeProcess other, string key, params string[] addresses)
    {
        Configuration["peers"]!.AsArray().Add(new JsonObject
        {
            ["name"] = other.Name, ["publicKey"] = key,
            ["addresses"] = new JsonArray([.. addresses.Select(a => JsonValue.Create(a))]),
        });
        WriteConfiguration();
    }

    public void WriteConfiguration() => File.WriteAllText(
        ConfigurationFile,
        Configuration.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));

    private Process Run(params string[] arguments)
    {
        string[] command = [.. _disk?.Enter(Folder) ?? [], Path.Combine(Staged, "pluginnode"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false, WorkingDirectory = Folder,
            RedirectStandardError = true, RedirectStandardOutput = true,
        };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            _log.Add(line);
            if (_log.Count > 200) _log.RemoveAt(0);
            if (LogFile is not null) File.AppendAllLines(LogFile, [line]);
        }
    }

    // Peers must find a node again after its restart, so its port is chosen before it runs. Not one of those that the
    // system gives to outgoing connections: such a one would sometimes be taken when the node comes back.
    private static int FreePort()
    {
        const string range = "/proc/sys/net/ipv4/ip_local_port_range";
        var below = File.Exists(range) ? int.Parse(File.ReadAllText(range).Split('\t', ' ')[0]) : 0;
        for (var tries = 0; ; tries++)
        {
            var port = below > 20_000 && tries < 100 ? Random.Shared.Next(10_000, below) : 0;
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException) when (port != 0)
            {
                // Somebody has that one.
            }
        }
    }
}
