using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Programs with libp2p that know nothing of nodes.</summary>
[TestFixture]
public sealed class Libp2pProgramTests : NodesInAFolder
{
    /// <summary>The program that the plugin's README shows.</summary>
    [Test]
    public async Task ThirtyLinesOfJs_SendANodeAMessage_AndReceiveOne()
    {
        await using var node = new NodeProcess(Folder, "node");
        node.Configuration["plugins"]!["settings"]!["libp2p"]!["rawProtocols"] = new JsonArray("/hello/");
        node.Configuration["delivery"]!["protocols"]!["/hello/1.0"] = "critical";
        node.Configuration["delivery"]!["endsOn"] = new JsonObject { ["/hello/1.0"] = "sent" };
        node.WriteConfiguration();
        await node.StartAsync();
        var (_, identity) = await node.CommandAsync("identity", "--json");
        using var js = JsProgram.Start("message.mjs", $"{node.Libp2pAddress}/p2p/{JsonNode.Parse(identity)!["peerId"]}");
        var (key, address) = (await js.ReadAsync("publicKey"), await js.ReadAsync("address"));

        js.Write("too early");
        Assert.That(await js.ReadAsync("not taken"), Is.Not.Empty, "nobody has listed it");
        var (exit, output) = await node.CommandAsync("peers", "put", "js", key, address);
        Assert.That(exit, Is.Zero, output);
        js.Write("to the node");
        Assert.That(await js.ReadAsync("taken"), Is.EqualTo("to the node"));
        var message = (await node.GetAsync("/v1/inbox"))["messages"]!.AsArray().Single()!;
        Assert.That(((string?)message["text"], (string?)message["protocol"], (string?)message["fromName"]),
            Is.EqualTo(("to the node", "/hello/1.0", "js")));

        var id = await node.SendAsync("js", "from the node", "/hello/1.0");
        Assert.That(await js.ReadAsync("received"), Is.EqualTo("from the node"));
        await node.EndedAsync(id);
        Assert.That((string?)(await node.GetAsync($"/v1/messages/{id}"))["state"], Is.EqualTo("sent"));
    }

    [Test]
    public async Task TheReadme_ShowsTheProgramAsItIs()
    {
        var root = Path.GetDirectoryName(Path.GetDirectoryName(NodeProcess.Staged))!;
        var program = await File.ReadAllTextAsync(Path.Combine(root, "tests", "interop", "message.mjs"));
        var readme = await File.ReadAllTextAsync(Path.Combine(root, "plugins", "PluginNode.Libp2p", "README.md"));
        Assert.That(readme, Does.Contain($"```js\n{program}```"));
    }
}
