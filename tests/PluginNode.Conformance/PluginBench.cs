using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>What a node gives a plugin, all of it watched: folders of its own, a clock that stands, a log, a
/// host.</summary>
internal sealed class PluginBench : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("pluginnode-conformance-").FullName;
    private readonly SeededChance _chance = SeededChance.Printed();
    private readonly MemoryPeers _peers = new();

    public PluginBench()
    {
        Self = SomePeers.New(_chance);
        _peers.Add(Self);
        Directory.CreateDirectory(BaseFolder);
        Directory.CreateDirectory(DataFolder);
    }

    public PeerId Self { get; }

    public RecordingHost Host { get; } = new();

    public RecordingLogs Logs { get; } = new();

    public ManualTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>Everything in the plugin's folders.</summary>
    public IReadOnlyList<string> Files =>
        [.. Directory.EnumerateFileSystemEntries(_root, "*", SearchOption.AllDirectories)
            .Where(p => p != BaseFolder && p != DataFolder)];

    private string BaseFolder => Path.Combine(_root, "base");

    private string DataFolder => Path.Combine(_root, "data");

    private string PluginFolder => Path.Combine(DataFolder, "plugins", "it");

    /// <summary>Configures the plugin: what it throws comes out.</summary>
    public PluginLife Configure(IPlugin plugin, string settings)
    {
        using var json = JsonDocument.Parse(settings);
        var services = new ServiceCollection();
        services.AddSingleton<ISigner>(new MemorySigner(Self)).AddSingleton<INoiseSigner>(new MemoryNoiseSigner(Self))
            .AddSingleton<IPeerDirectory>(_peers).AddSingleton<TimeProvider>(Clock).AddSingleton<IChance>(_chance)
            .AddSingleton<ILoggerFactory>(Logs).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        var ofKernel = services.ToHashSet();
        plugin.Configure(new Builder(services, json.RootElement.Clone(), BaseFolder, DataFolder, PluginFolder));
        var provides = services.Where(s => !ofKernel.Contains(s)).Select(s => s.ServiceType)
            .Where(t => t.Assembly == typeof(IPlugin).Assembly).ToHashSet();
        return new PluginLife(services.BuildServiceProvider(), provides, this);
    }

    /// <summary>The folder that a plugin finds once it is started.</summary>
    public void MakePluginFolder() => Directory.CreateDirectory(PluginFolder);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private sealed record Builder(
        IServiceCollection Services, JsonElement Settings, string BaseFolder, string DataFolder, string PluginFolder)
        : IPluginBuilder;
}

/// <summary>One configured plugin, from its start to its end.</summary>
internal sealed class PluginLife(ServiceProvider services, IReadOnlySet<Type> provides, PluginBench bench)
    : IAsyncDisposable
{
    private IReadOnlyList<ITransport>? _transports;
    private IReadOnlyList<IRecordStore>? _stores;
    private long _sequence;

    public IReadOnlySet<Type> Provides => provides;

    public IReadOnlyList<ITransport> Transports => _transports ??= [.. services.GetServices<ITransport>()];

    public IReadOnlyList<IRecordStore> Stores => _stores ??= [.. services.GetServices<IRecordStore>()];

    /// <summary>Constructs everything that it provides.</summary>
    public void Resolve()
    {
        foreach (var type in provides) _ = services.GetServices(type).ToList();
    }

    /// <summary>Opens and starts, as the kernel does.</summary>
    public async Task StartAsync()
    {
        bench.MakePluginFolder();
        Resolve();
        foreach (var store in Stores)
            _sequence = (await store.OpenAsync(_ => { }, CancellationToken.None)).LastSequence + 1;
        foreach (var transport in Transports) await transport.StartAsync(bench.Host, CancellationToken.None);
    }

    /// <summary>A frame to itself over each transport that can be reached, and a record into each store.</summary>
    /// <returns>What came of the frames: delivered or sent, if all is well.</returns>
    public async Task<IReadOnlyList<SendOutcome>> UseAsync(Func<ITransport, PeerAddress>? addressOf)
    {
        foreach (var store in Stores)
        {
            var key = new RecordKey(1, Guid.NewGuid(), _sequence++);
            await store.CommitAsync(new RecordBatch([new Record(key, new KeyId(1), new byte[9], new byte[99])], []));
        }
        var outcomes = new List<SendOutcome>();
        if (addressOf is not null)
            foreach (var transport in Transports)
                outcomes.AddRange(await transport.SendAsync(
                    bench.Self, addressOf(transport), SomeFrames.Of(1, 99), CancellationToken.None));
        return outcomes;
    }

    /// <summary>Stops the transports; stores are stopped by disposing them.</summary>
    public async Task StopAsync()
    {
        foreach (var transport in Transports) await transport.StopAsync(CancellationToken.None);
    }

    /// <summary>Disposes the plugin's container, and with it what it constructed.</summary>
    public ValueTask DisposeAsync() => services.DisposeAsync();
}
