using Microsoft.Extensions.DependencyInjection;
using PluginNode.MeshHttp;
using PluginNode.Plugins;
using PluginNode.Transports;

[assembly: Plugin("mesh-http", typeof(MeshHttpPlugin), "0.1.0")]

namespace PluginNode.MeshHttp;

/// <summary>Provides the transport for <c>mesh+http</c> addresses.</summary>
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
    }
}
