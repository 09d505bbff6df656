using Microsoft.Extensions.DependencyInjection;
using PluginNode.MeshHttp;
using PluginNode.Plugins;
using PluginNode.Transports;

[assembly: Plugin("mesh-http", typeof(MeshHttpPlugin), "0.1.0")]

namespace PluginNode.MeshHttp;

/// <summary>Registers the mesh HTTP transport.</summary>
public sealed class MeshHttpPlugin : IPlugin
{
    /// <inheritdoc/>
    public void Configure(IPluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = SettingsReader.Read(builder.Settings, MeshHttpJson.Default.MeshHttpOptions, o => o.Validate());
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<MeshHttpTransport>();
        builder.Services.AddSingleton<ITransport>(services => services.GetRequiredService<MeshHttpTransport>());
    }
}
