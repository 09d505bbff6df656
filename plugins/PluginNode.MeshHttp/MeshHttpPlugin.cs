using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Wire;
using PluginNode.Plugins;
using PluginNode.Sync;
using PluginNode.Transports;

[assembly: Plugin("mesh-http", typeof(MeshHttpPlugin), "0.1.0")]

namespace PluginNode.MeshHttp;

/// <summary>Provides the transport for <c>mesh+http</c> addresses, and the strategies that sync over them.</summary>
public sealed class MeshHttpPlugin : IPlugin
{
    /// <inheritdoc/>
    public void Configure(IPluginBuilder builder)
    {
        var options = SettingsReader.Read(
            builder.Settings, MeshHttpJson.Default.MeshHttpOptions, settings => settings.Validate());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<MeshNode>();
        builder.Services.AddSingleton(services => new MeshHttpTransport(
            options, services.GetRequiredService<MeshNode>(), SyncParts.Of(services)));
        builder.Services.AddSingleton<ITransport>(services => services.GetRequiredService<MeshHttpTransport>());
        if (SyncParts.AreIn(builder.Services)) AddSync(builder.Services, options);
    }

    private static void AddSync(IServiceCollection services, MeshHttpOptions options)
    {
        // made by a factory, so that the container ends its connections
        services.AddSingleton(s => new SyncClient(
            options, s.GetRequiredService<MeshNode>(), SyncParts.Of(s)!, s.GetService<IPeerRequests>()));
        foreach (var protocol in (string[])[SyncProtocols.Events, SyncProtocols.Days])
            services.AddSingleton<IRequestAnswerer>(s => new SyncAnswerer(
                s.GetRequiredService<MeshHttpTransport>().Desk!, protocol, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISyncStrategy>(s => new PagesStrategy(
            s.GetRequiredService<SyncClient>(), s.GetRequiredService<ILedger>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISyncStrategy>(s => new SampleStrategy(
            s.GetRequiredService<SyncClient>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISyncStrategy>(s => new SlicesStrategy(
            s.GetRequiredService<SyncClient>(), SyncParts.Of(s)!, s.GetRequiredService<IPeerDirectory>(),
            s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<INeighbourDays>(s => new NeighbourDays(
            s.GetRequiredService<SyncClient>(), s.GetRequiredService<TimeProvider>()));
    }
}
