using System.Text.Json.Nodes;
using PluginNode.Api;
using PluginNode.Demo;

namespace PluginNode.Host.Tests;

public sealed class DemoConfigurationTests
{
    private const string Installed = """
        {
          // as installed
          "node": { "name": "real", "identity": "/secret/key.pem" },
          "api": { "listen": "http://127.0.0.1:7400", "public": true },
          "plugins": { "folder": "plugins", "settings": { "any": {
            "listen": "http://127.0.0.1:7433", "more": ["http://localhost:1/path"], "outside": "http://example.org:5", "n": 1,
            "streams": ["/ip4/127.0.0.1/tcp/7435", "/ip4/10.0.0.1/tcp/7435", "/ip4/127.0.0.1/tcp/x"]
          } } },
          "delivery": { "protocols": { "/m": "moderate", "/c": "critical" } },
          "peers": [ { "name": "real-peer" } ],
        }
        """;

    [Test]
    public void Derive_KeepsNothingOfTheRealNode()
    {
        var derived = JsonNode.Parse(DemoConfiguration.Derive(Installed, "/plugins", "ann").Text)!;
        var settings = derived["plugins"]!["settings"]!["any"]!;
        Assert.Multiple(() =>
        {
            Assert.That(derived["node"]!.ToJsonString(), Is.EqualTo("""{"name":"ann"}"""));
            Assert.That(derived["api"]!.AsObject().Select(m => m.Key), Is.EqualTo(new[] { "listen" }));
            Assert.That(derived["peers"]!.AsArray(), Is.Empty);
            Assert.That(derived["plugins"]!["folder"]!.GetValue<string>(), Is.EqualTo("/plugins"));
            Assert.That(settings["listen"]!.GetValue<string>(), Does.Match("^http://127.0.0.1:[0-9]+$").And.Not.Contain(":7433"));
            Assert.That(settings["more"]![0]!.GetValue<string>(), Does.Match("^http://localhost:[0-9]+/path$"));
            Assert.That(settings["outside"]!.GetValue<string>(), Is.EqualTo("http://example.org:5"));
            Assert.That(settings["streams"]![0]!.GetValue<string>(),
                Does.Match("^/ip4/127.0.0.1/tcp/[0-9]+$").And.Not.EndsWith("/7435"));
            Assert.That(settings["streams"]![1]!.GetValue<string>(), Is.EqualTo("/ip4/10.0.0.1/tcp/7435"));
            Assert.That(settings["streams"]![2]!.GetValue<string>(), Is.EqualTo("/ip4/127.0.0.1/tcp/x"));
        });
    }

    [Test]
    public void Addresses_AreTheLoopbackUrlsOfEachTransport()
    {
        var configuration = DemoConfiguration.Derive(Installed, "/plugins", "ann");
        var listen = new Uri(JsonNode.Parse(configuration.Text)!["plugins"]!["settings"]!["any"]!["listen"]!.GetValue<string>());
        var plugins = new PluginList([new PluginBody("any", "1", "loaded", [], ["x+http", "other"], [])], null);
        Assert.That(configuration.Addresses(plugins), Does.Contain($"x+http://127.0.0.1:{listen.Port}").And.All.StartsWith("x+http:"));
    }

    [Test]
    public void Addresses_OfATransportForMultiaddrs_AreTheLoopbackOnesOfItsSettings()
    {
        var configuration = DemoConfiguration.Derive(Installed, "/plugins", "ann");
        var listen = JsonNode.Parse(configuration.Text)!["plugins"]!["settings"]!["any"]!["streams"]![0]!;
        var plugins = new PluginList([new PluginBody("any", "1", "loaded", [], ["/"], [])], null);
        Assert.That(configuration.Addresses(plugins), Is.EqualTo(new[] { listen.GetValue<string>() }));
    }

    [Test]
    public void ProtocolOf_FindsTheFirst() =>
        Assert.That(DemoConfiguration.Derive(Installed, "/plugins", "ann").ProtocolOf("critical"), Is.EqualTo("/c"));
}
