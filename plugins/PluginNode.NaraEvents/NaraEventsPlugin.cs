using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.NaraEvents;
using PluginNode.NaraEvents.Kinds;
using PluginNode.NaraEvents.Presence;
using PluginNode.Plugins;
using PluginNode.Sync;

[assembly: Plugin("nara-events", typeof(NaraEventsPlugin), "0.1.0")]

namespace PluginNode.NaraEvents;

/// <summary>Provides the kinds of the nara network's seven services, and what they say about peers.</summary>
public sealed class NaraEventsPlugin : IPlugin
{
    /// <inheritdoc/>
    public void Configure(IPluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        _ = SettingsReader.Read(builder.Settings, NaraEventsJson.Default.NaraEventsOptions, _ => []);
        builder.Services.AddSingleton<IEventKind, SocialKind>();
        builder.Services.AddSingleton<IEventKind, PingKind>();
        builder.Services.AddSingleton<IEventKind, ObservationKind>();
        builder.Services.AddSingleton<IEventKind, HeyThereKind>();
        builder.Services.AddSingleton<IEventKind, ChauKind>();
        builder.Services.AddSingleton<IEventKind, SeenKind>();
        builder.Services.AddSingleton<IEventKind, CheckpointKind>();
        builder.Services.AddSingleton<PresenceProjection>();
        builder.Services.AddSingleton<IProjection>(s => s.GetRequiredService<PresenceProjection>());
        builder.Services.AddSingleton<IPeerPresence>(s => s.GetRequiredService<PresenceProjection>());
    }
}

/// <summary>There is nothing to set: the network has fixed what its events mean.</summary>
public sealed record NaraEventsOptions;

[JsonSourceGenerationOptions(UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(NaraEventsOptions))]
internal sealed partial class NaraEventsJson : JsonSerializerContext;
