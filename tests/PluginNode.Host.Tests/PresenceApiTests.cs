using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PluginNode.Sync;

namespace PluginNode.Host.Tests;

/// <summary>What plugins know of peers, as the control API and the commands show it.</summary>
public sealed class PresenceApiTests
{
    private readonly TemporaryFolder _plugins = new();
    private TestNode _node = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        BuiltPlugins.Install("PluginNode.NaraEvents", _plugins);
        _node = await TestNode.StartAsync(BuiltPlugins.Configuration(_plugins));
        foreach (var name in (string[])["bob", "eve"]) await PutAsync(name);
        await EmitAsync("seen", new { observer = "node", subject = "bob", via = "mesh" });
        await EmitAsync("ping", new { observer = "node", target = "bob", rtt = 10.0 });
        await EmitAsync("ping", new { observer = "node", target = "bob", rtt = 15.5 });
        var kernel = _node.Host.Node.Kernel;
        foreach (var projection in _node.Host.Node.Plugins.All.SelectMany(p => p.Services<IProjection>()))
            await projection.UpdateAsync(kernel.Ledger, CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        _plugins.Dispose();
    }

    [Test]
    public async Task Peer_WhomEventsAreAbout_HasPresenceAndPing([Values] bool listed)
    {
        var bob = await FindAsync("bob", listed);
        Assert.Multiple(() =>
        {
            Assert.That((string?)bob["presence"]!["state"], Is.EqualTo("up"));
            Assert.That((string?)bob["presence"]!["lastSeen"], Does.EndWith("Z"));
            Assert.That(bob["presence"]!.AsObject().ContainsKey("restarts"), Is.True);
            Assert.That(bob["presence"]!["restarts"], Is.Null);
            Assert.That((double)bob["ping"]!["averageMs"]!, Is.EqualTo(12.75));
            Assert.That((int)bob["ping"]!["count"]!, Is.EqualTo(2));
        });
    }

    [Test]
    public async Task Peer_WhomNobodyTellsAbout_HasNulls([Values] bool listed)
    {
        var eve = await FindAsync("eve", listed);
        Assert.That(eve.ContainsKey("presence") && eve.ContainsKey("ping"), Is.True, eve.ToJsonString());
        Assert.That((eve["presence"], eve["ping"]), Is.EqualTo(((JsonNode?)null, (JsonNode?)null)));
    }

    [Test]
    public async Task PeersCommand_ShowsBoth()
    {
        var (code, output, _) = await Cli.RunAsync(["peers", "--config", _node.FileForCommands()]);
        var lines = output.Split('\n');
        Assert.That(code, Is.Zero);
        Assert.That(lines.Single(l => l.Contains(" bob ", StringComparison.Ordinal)),
            Does.Contain(" up ").And.Contain("12.8 ms"));
    }

    private async Task<JsonObject> FindAsync(string name, bool listed)
    {
        var body = (await _node.GetAsync(listed ? "/v1/peers" : $"/v1/peers/{name}")).Body!;
        return (listed ? body["peers"]!.AsArray().Single(p => (string?)p!["name"] == name)! : body).AsObject();
    }

    private async Task EmitAsync(string service, object data)
    {
        using var answer = await _node.Http.PostAsJsonAsync("/v1/events", new { service, data });
        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
    }

    private async Task PutAsync(string name)
    {
        using var identity = Identity.NodeIdentity.LoadOrCreate(_plugins[$"{name}.pem"]);
        var key = Convert.ToBase64String(identity.Self.ToPublicKey());
        var (status, body) = await _node.CallAsync(
            HttpMethod.Put, $"/v1/peers/{name}", $$"""{ "publicKey": "{{key}}" }""");
        Assert.That((int)status, Is.EqualTo(200), body?.ToJsonString());
    }
}
