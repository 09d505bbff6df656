using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt;
using PluginNode.Mqtt.Ledger;
using PluginNode.Plugins;
using PluginNode.Sync;
using PluginNode.Transports;

[assembly: Plugin("mqtt", typeof(MqttPlugin), "0.1.0")]

namespace PluginNode.Mqtt;

/// <summary>Provides the transport for <c>mqtt:</c> addresses, and the strategy that asks over it.</summary>
public sealed class MqttPlugin : IPlugin
{
    /// <inheritdoc/>
    public void Configure(IPluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = SettingsReader.Read(
            builder.Settings, MqttJson.Default.MqttOptions, settings => settings.Validate());
        var folder = builder.BaseFolder;
        builder.Services.AddSingleton(services => new MqttTransport(options, folder, new MqttNode(
            services.GetRequiredService<ISigner>(), services.GetRequiredService<IPeerDirectory>(),
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IChance>(),
            services.GetRequiredService<ILoggerFactory>()) { Plaza = PlazaParts.Of(services, options.Presence) },
            LedgerParts.Of(services)));
        builder.Services.AddSingleton<ITransport>(services => services.GetRequiredService<MqttTransport>());
        if (!LedgerParts.AreIn(builder.Services)) return;
        builder.Services.AddSingleton<ISyncStrategy>(services =>
        {
            var transport = services.GetRequiredService<MqttTransport>();
            return new LedgerStrategy(
                () => transport.LedgerCalls, LedgerParts.Of(services)!,
                services.GetRequiredService<IPeerDirectory>(), options.SendLimit,
                services.GetRequiredService<TimeProvider>());
        });
        builder.Services.AddSingleton<INeighbourDays>(services =>
        {
            var transport = services.GetRequiredService<MqttTransport>();
            return new NeighbourDays(() => transport.LedgerCalls, options.SendLimit);
        });
    }
}
