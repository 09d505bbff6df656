using PluginNode.Conformance.Fakes;

namespace PluginNode.Host.Tests;

/// <summary>A plugin that does not come back when the node stops.</summary>
[TestFixture]
public sealed class HangingPluginTests
{
    [Test]
    public async Task Stop_ThePluginNeverEnds_TheNodeStopsAllTheSame([Values("stop", "dispose")] string place)
    {
        using var plugins = new TemporaryFolder();
        BuiltPlugins.Install("HangingPlugin", plugins);
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await TestNode.StartAsync(
            TestNode.Configuration($$"""
                "plugins": { "folder": "{{plugins.Path}}", "settings": { "hanging": { "in": "{{place}}" } } }
                """),
            time: time);
        var plugin = node.Host.Node.Plugins.All.Single();
        Assert.That(plugin.Faults, Is.Empty);

        var stop = node.Host.StopAsync(CancellationToken.None);
        while (plugin.Faults.Count == 0 && !stop.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1)); // not further: what comes after it has its own time
            await Task.WhenAny(stop, Task.Delay(10));
        }
        await stop;
        Assert.That(plugin.Faults.Single(), Does.Contain("did not end within 20 s"));
    }
}
