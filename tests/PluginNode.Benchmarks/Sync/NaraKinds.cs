using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.NaraEvents;
using PluginNode.Plugins;

namespace PluginNode.Benchmarks.Sync;

/// <summary>The event kinds of the nara network, as a node has them that loaded their plugin.</summary>
internal static class NaraKinds
{
    public static EventKinds All()
    {
        var services = new ServiceCollection();
        new NaraEventsPlugin().Configure(new SomeBuilder(services, "{}"));
        using var provider = services.BuildServiceProvider();
        var kinds = new EventKinds();
        foreach (var kind in provider.GetServices<IEventKind>())
            if (kinds.Add(kind, "nara-events") is { } problem) throw new InvalidOperationException(problem);
        return kinds;
    }
}

/// <summary>What a plugin is configured with that no host loaded.</summary>
internal sealed record SomeBuilder(IServiceCollection Services, string Json) : IPluginBuilder
{
    public JsonElement Settings => JsonElement.Parse(Json);

    public string BaseFolder => Path.GetTempPath();

    public string DataFolder => BaseFolder;

    public string PluginFolder => BaseFolder;
}
