using PluginNode.Logging;

namespace PluginNode.Host.Tests;

/// <summary>A plugin whose exceptions throw when they are asked what happened.</summary>
[TestFixture]
public sealed class MutePluginTests
{
    [Test]
    public async Task WhereverItThrows_ItIsItsOwnFault_AndSaidOnce(
        [Values("services", "kind", "sink", "strategy", "report", "projection", "scheme", "start", "stop")]
        string place)
    {
        using var plugins = new TemporaryFolder();
        BuiltPlugins.Install("MutePlugin", plugins);
        await using var log = new WatchedLog();
        using var loggers = LineLogs.Create(log, TimeProvider.System);
        await using var node = await TestNode.StartAsync(
            TestNode.Configuration($$"""
                "peers": [{ "name": "bob", "publicKey": "{{Key()}}", "addresses": ["mute:bob"] }],
                "plugins": { "folder": "{{plugins.Path}}", "settings": { "mute": { "in": "{{place}}" } } }
                """),
            loggers);
        if (place is "strategy" or "report" or "projection") await log.UntilAsync("plugin mute is faulted");
        if (place != "stop") Assert.That((int)(await node.GetAsync("/health/ready")).Status, Is.EqualTo(200));

        await node.Host.StopAsync(CancellationToken.None);

        var faults = node.Host.Node.Plugins.All.Single().Faults;
        Assert.That(faults, Has.Count.EqualTo(1));
        Assert.That(faults[0], Does.Match("^([A-Za-z ]+: )?MuteException: its message cannot be read$"));
        Assert.That(
            log.Text.Split('\n').Count(line => line.Contains("cannot be read", StringComparison.Ordinal)),
            Is.EqualTo(1), log.Text);
    }

    private static string Key()
    {
        using var identity = Identity.NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)7, 32)]);
        return Convert.ToBase64String(identity.Self.ToPublicKey());
    }
}
