using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Plugins;

namespace PluginNode.MeshHttp.Tests.Fakes;

internal sealed class SomeBuilder(JsonElement settings) : IPluginBuilder
{
    public IServiceCollection Services { get; } = new ServiceCollection();

    public JsonElement Settings => settings;

    public string BaseFolder => "/none";

    public string DataFolder => "/none";

    public string PluginFolder => "/none";
}
