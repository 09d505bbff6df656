namespace PluginNode.Benchmarks.Libp2p;

/// <summary>The processes: a client and a server of ours, and two of js-libp2p where that is installed.</summary>
internal sealed class Ends : IAsyncDisposable
{
    // build/bench starts this in the root
    private static readonly string JsFolder = Path.Combine(Environment.CurrentDirectory, "tests", "interop");

    private BenchEnd _client = null!, _server = null!;
    private BenchEnd? _jsClient, _jsServer;

    /// <summary>Why there are no figures of js-libp2p; null where there are.</summary>
    public string? Missing { get; } = WhyNoJs();

    public static async Task<Ends> StartAsync()
    {
        var ends = new Ends();
        try
        {
            ends._client = await BenchEnd.OursAsync("libp2p-end", "1", "2");
            ends._server = await BenchEnd.OursAsync("libp2p-end", "2", "1");
            if (ends.Missing is not null) return ends;
            ends._jsClient = await JsAsync();
            ends._jsServer = await JsAsync();
            return ends;
        }
        catch
        {
            await ends.DisposeAsync();
            throw;
        }
    }

    public Task<Run> OursAsync(EndCall call, bool frames) =>
        RunAsync(_client, _server, call, frames ? _server.Listening.Frames : _server.Listening.Libp2p);

    public Task<Run> TcpAsync(EndCall call) => RunAsync(_client, _server, call, _server.Listening.Tcp);

    public async Task<Run?> OursToJsAsync(EndCall call) =>
        _jsServer is { } server ? await RunAsync(_client, server, call, server.Listening.Libp2p) : null;

    public async Task<Run?> JsAsync(EndCall call) =>
        (_jsClient, _jsServer) is ({ } client, { } server)
            ? await RunAsync(client, server, call, server.Listening.Libp2p) : null;

    /// <summary>Texts of so many bytes; the count is that of the texts, or of their bytes where they are
    /// large.</summary>
    public Task<EndAnswer> CipherAsync(int bytes, double seconds) =>
        _client.CallAsync(new EndCall("cipher") { Window = bytes, Seconds = seconds });

    public async ValueTask DisposeAsync()
    {
        foreach (var end in (BenchEnd?[])[_client, _server, _jsClient, _jsServer])
            if (end is not null) await end.DisposeAsync();
    }

    private static Task<BenchEnd> JsAsync() => BenchEnd.StartAsync("node", ["bench.mjs"], JsFolder);

    private static string? WhyNoJs()
    {
        if (!Directory.Exists(Path.Combine(JsFolder, "node_modules", "libp2p")))
            return "js-libp2p is not installed: run 'npm ci' in tests/interop (it needs Node 20 or later)";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Any(f => File.Exists(Path.Combine(f, "node"))) ? null : "'node' is not on the path";
    }

    private static async Task<Run> RunAsync(BenchEnd client, BenchEnd server, EndCall call, string address)
    {
        var usage = new EndCall("usage");
        var (clientBefore, serverBefore) = (await client.CallAsync(usage), await server.CallAsync(usage));
        var answer = await client.CallAsync(call with { Address = address });
        var (clientAfter, serverAfter) = (await client.CallAsync(usage), await server.CallAsync(usage));
        return new Run(
            answer, clientAfter.Allocated - clientBefore.Allocated, serverAfter.Allocated - serverBefore.Allocated,
            clientAfter.Cpu - clientBefore.Cpu + serverAfter.Cpu - serverBefore.Cpu);
    }
}
