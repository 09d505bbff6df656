using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Plugins;

namespace PluginNode.Fuzz.Worlds;

/// <summary>What a plugin is configured with.</summary>
internal sealed class SomePluginBuilder(JsonElement settings) : IPluginBuilder
{
    public IServiceCollection Services { get; } = new ServiceCollection();

    public JsonElement Settings => settings;

    public string BaseFolder => "/base";

    public string DataFolder => "/base/data";

    public string PluginFolder => "/base/data/plugins/x";
}
