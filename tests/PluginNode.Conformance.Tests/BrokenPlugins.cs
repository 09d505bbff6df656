using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

/// <summary>Takes what it understands and overlooks the rest.</summary>
public sealed class LenientPlugin : SoundPlugin
{
    internal override SoundOptions Read(JsonElement settings) => new()
    {
        Address = settings.TryGetProperty("address", out var address) && address.ValueKind == JsonValueKind.String
            ? address.GetString()!
            : "",
    };
}

/// <summary>Looks for unknown keys at the top only.</summary>
public sealed class ShallowPlugin : SoundPlugin
{
    internal override SoundOptions Read(JsonElement settings)
    {
        var known = SoundJson.Default.SoundOptions.Properties.Select(p => p.Name);
        var unknown = settings.EnumerateObject().Select(p => p.Name).Except(known).ToList();
        return unknown.Count == 0 ? new SoundOptions() : throw new PluginSettingsException(unknown);
    }
}

/// <summary>Says that something is wrong, and not what.</summary>
public sealed class VaguePlugin : SoundPlugin
{
    internal override SoundOptions Read(JsonElement settings)
    {
        try
        {
            return base.Read(settings);
        }
        catch (PluginSettingsException)
        {
            throw new PluginSettingsException(["the settings are wrong"]);
        }
    }
}

/// <summary>Says one thing at a time.</summary>
public sealed class GrudgingPlugin : SoundPlugin
{
    internal override SoundOptions Read(JsonElement settings)
    {
        try
        {
            return base.Read(settings);
        }
        catch (PluginSettingsException e)
        {
            throw new PluginSettingsException([e.Problems[0]]);
        }
    }
}

/// <summary>Makes its folder early.</summary>
public sealed class WritingPlugin : SoundPlugin
{
    public override void Configure(IPluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        base.Configure(builder);
        Directory.CreateDirectory(builder.PluginFolder);
    }
}

/// <summary>Begins its work when it is constructed.</summary>
public sealed class EarlyPlugin : SoundPlugin
{
    internal override SoundTransport Create(SoundOptions options, TimeProvider time, ILogger logger)
    {
        time.CreateTimer(_ => { }, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        return base.Create(options, time, logger);
    }
}

/// <summary>Provides nothing.</summary>
public sealed class EmptyPlugin : SoundPlugin
{
    internal override void Provide(IPluginBuilder builder, SoundOptions options) =>
        builder.Services.AddSingleton(options);
}

/// <summary>Can only be stopped while it runs.</summary>
public sealed class FussyPlugin : SoundPlugin
{
    internal override SoundTransport Create(SoundOptions options, TimeProvider time, ILogger logger) =>
        new Fussy(options, time, logger);

    private sealed class Fussy(SoundOptions options, TimeProvider time, ILogger logger)
        : SoundTransport(options, time, logger)
    {
        public override Task StopAsync(CancellationToken cancellation) =>
            Address.Length > 0 ? base.StopAsync(cancellation) : throw new InvalidOperationException("not running");
    }
}

/// <summary>Waits with a timer of its own until it can start, and leaves it when it cannot.</summary>
public sealed class LitteringPlugin : SoundPlugin
{
    internal override SoundTransport Create(SoundOptions options, TimeProvider time, ILogger logger) =>
        new Littering(options, time, logger);

    private sealed class Littering(SoundOptions options, TimeProvider time, ILogger logger)
        : SoundTransport(options, time, logger)
    {
        public override async Task StartAsync(ITransportHost host, CancellationToken cancellation)
        {
            var timer = Time.CreateTimer(_ => { }, null, TimeSpan.FromHours(1), TimeSpan.FromHours(1));
            await base.StartAsync(host, cancellation);
            await timer.DisposeAsync();
        }
    }
}

/// <summary>Takes an address that somebody has, and throws him out.</summary>
public sealed class RudePlugin : SoundPlugin
{
    internal override SoundTransport Create(SoundOptions options, TimeProvider time, ILogger logger) =>
        base.Create(new SoundOptions(), time, logger);
}

/// <summary>Never gives its address back.</summary>
public sealed class HoardingPlugin : SoundPlugin
{
    internal override SoundTransport Create(SoundOptions options, TimeProvider time, ILogger logger) =>
        new Hoarding(options, time, logger);

    private sealed class Hoarding(SoundOptions options, TimeProvider time, ILogger logger)
        : SoundTransport(options, time, logger)
    {
        public override Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}

/// <summary>Hangs on an event of the process.</summary>
public sealed class ClingingPlugin : SoundPlugin
{
    public override void Configure(IPluginBuilder builder)
    {
        base.Configure(builder);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    private static void OnExit(object? sender, EventArgs e) => GC.KeepAlive(sender);
}
