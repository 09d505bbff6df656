using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

/// <summary>A plugin that does everything right; each broken one changes one thing.</summary>
public class SoundPlugin : IPlugin
{
    /// <summary>The case of one of these plugins.</summary>
    public static PluginCase CaseOf(Type entry) => new(entry)
    {
        Settings = SettingsWith(""),
        FreeKeys = ["labels"],
        AddressOf = t => new PeerAddress("sound", (string)t.GetType().GetProperty("Address")!.GetValue(t)!),
        SettingsThatCollide = address => SettingsWith(address.Text),
    };

    public virtual void Configure(IPluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        Provide(builder, Read(builder.Settings));
    }

    internal virtual SoundOptions Read(JsonElement settings) =>
        SettingsReader.Read(settings, SoundJson.Default.SoundOptions, _ => []);

    internal virtual void Provide(IPluginBuilder builder, SoundOptions options) =>
        builder.Services.AddSingleton<ITransport>(services => Create(
            options, services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<SoundTransport>>()));

    internal virtual SoundTransport Create(SoundOptions options, TimeProvider time, ILogger logger) =>
        new(options, time, logger);

    private static string SettingsWith(string address) =>
        $$"""{ "address": "{{address}}", "size": 3, "more": { "deep": true }, "labels": { "any": "x" } }""";
}

internal sealed record SoundOptions
{
    public string Address { get; set; } = "";

    public int Size { get; set; } = 1;

    public Inner More { get; set; } = new();

    public Dictionary<string, string> Labels { get; } = [];

    internal sealed record Inner
    {
        public bool Deep { get; set; }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SoundOptions))]
internal sealed partial class SoundJson : JsonSerializerContext;

/// <summary>Reaches itself only, at an address that nobody else of this process has, and says each minute that
/// it did.</summary>
internal class SoundTransport(SoundOptions options, TimeProvider time, ILogger logger) : ITransport
{
    private static readonly ConcurrentDictionary<string, SoundTransport> Taken = new(StringComparer.Ordinal);

    private ITimer? _loop;
    private ITransportHost? _host;

    /// <summary>Where it is reached; empty while it is not started.</summary>
    public string Address { get; private set; } = "";

    public string Scheme => "sound";

    public int MaxFrameBytes => 1 << 10;

    protected TimeProvider Time => time;

    public virtual Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        var address = options.Address.Length > 0 ? options.Address : $"sound:{Guid.NewGuid()}";
        if (!Taken.TryAdd(address, this)) throw new TransportException($"address: '{address}' is taken.");
        (Address, _host) = (address, host);
        _loop = time.CreateTimer(
            _ => logger.LogInformation("still there"), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        _host is { } host && address.Text == Address
            ? await host.ReceiveAsync(peer, [.. frames.Select(f => f.Bytes)], cancellation)
            : [];

    public virtual Task StopAsync(CancellationToken cancellation)
    {
        _loop?.Dispose();
        if (Address.Length > 0) Taken.TryRemove(Address, out _);
        (Address, _host) = ("", null);
        return Task.CompletedTask;
    }
}
