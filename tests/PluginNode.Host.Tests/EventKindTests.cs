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
        BuiltPlugin.Install("PluginNode.NaraEvents", plugins);
        BuiltPlugin.Install("OtherSocialPlugin", plugins);
        await using var node = await TestNode.StartAsync(
            TestNode.Configuration($$""" "plugins": { "folder": "{{plugins.Path}}" } """));

        var (_, body) = await node.GetAsync("/v1/plugins");
        var (nara, other) = (Of("nara-events", body!), Of("other-social", body!));
        Assert.Multiple(() =>
        {
            Assert.That((string?)nara["state"], Is.EqualTo("loaded"), nara.ToJsonString());
            Assert.That(nara["provides"]!.AsArray().Select(p => (string?)p), Is.EqualTo(["IEventKind"]));
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
