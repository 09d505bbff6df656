using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Plugins;

namespace PluginNode.Loading;

/// <summary>What a plugin is configured with.</summary>
internal sealed record PluginBuilder(
    IServiceCollection Services, JsonElement Settings, string BaseFolder, string DataFolder, string PluginFolder)
    : IPluginBuilder;
