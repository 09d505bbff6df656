using System.Text.Json.Nodes;

namespace PluginNode.Host.Tests;

/// <summary>Plugins that provide event kinds, as a node loads them.</summary>
[TestFixture]
public sealed class EventKindTests
{
    [Test]
    public async Task Start_TwoKindsOfOneService_TheSecondPluginIsFaultedWithBothNamed()
    {
        using var plugins = new TemporaryFolder();
        BuiltPlugins.Install("PluginNode.NaraEvents", plugins);
        BuiltPlugins.Install("OtherSocialPlugin", plugins);
        await using var node = await TestNode.StartAsync(BuiltPlugins.Configuration(plugins));

        var (_, body) = await node.GetAsync("/v1/plugins");
        var (nara, other) = (Of("nara-events", body!), Of("other-social", body!));
        Assert.Multiple(() =>
        {
            Assert.That((string?)nara["state"], Is.EqualTo("loaded"), nara.ToJsonString());
            Assert.That(nara["provides"]!.AsArray().Select(p => (string?)p), Does.Contain("IEventKind"));
            Assert.That((string?)other["state"], Is.EqualTo("faulted"));
            Assert.That(
                (string?)other["faults"]![0],
                Does.Contain("'other-social'").And.Contain("'nara-events'").And.Contain("'social'"));
            Assert.That(node.Host.Node.Kinds.Services, Has.Count.EqualTo(7).And.Contain("social"));
        });
    }

    private static JsonNode Of(string id, JsonNode list) =>
        list["plugins"]!.AsArray().Single(p => (string?)p!["id"] == id)!;
}
