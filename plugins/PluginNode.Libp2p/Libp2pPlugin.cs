using Microsoft.Extensions.DependencyInjection;
using PluginNode.Libp2p;
using PluginNode.Plugins;
using PluginNode.Transports;

[assembly: Plugin("libp2p", typeof(Libp2pPlugin), "0.1.0")]

namespace PluginNode.Libp2p;

/// <summary>Provides the transport for libp2p's addresses, those that begin with <c>/</c>.</summary>
public sealed class Libp2pPlugin : IPlugin
{
    /// <inheritdoc/>
    public void Configure(IPluginBuilder builder)
    {
        var options = SettingsReader.Read(
            builder.Settings, Libp2pJson.Default.Libp2pOptions, settings => settings.Validate());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<Libp2pNode>();
        builder.Services.AddSingleton<Libp2pTransport>();
        builder.Services.AddSingleton<ITransport>(services => services.GetRequiredService<Libp2pTransport>());
    }
}
