using System.Security.Cryptography;
using System.Text;
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
        await using var node = await StartAsync();
        var (peerId, _) = await IdentityAsync(node);
        using var js = JsProgram.Start("message.mjs", $"{node.Libp2pAddress}/p2p/{peerId}");
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

    /// <summary>The file of an older program whose peers speak what it spoke.</summary>
    [Test]
    public async Task AnImportedOutbox_IsDeliveredToAJsPeer_InOrder_AndOnce()
    {
        await using var node = await StartAsync();
        var (peerId, publicKey) = await IdentityAsync(node);
        using var js = JsProgram.Start("message.mjs", $"{node.Libp2pAddress}/p2p/{peerId}");
        await js.ReadAsync("publicKey");
        var address = await js.ReadAsync("address");
        var file = Path.Combine(Folder, "dnt_cache.bin");
        await File.WriteAllBytesAsync(file, Sealed(node, publicKey, Entries(address, 20)));
        string[] import = ["outbox", "import", file, "--key", Path.Combine(node.Data, "identity.pem"), "--json"];

        var (exit, output) = await node.CommandAsync(import);
        Assert.That(exit, Is.Zero, output);
        for (var i = 0; i < 20; i++) Assert.That(await js.ReadAsync("received"), Is.EqualTo($"{i}"));
        var entries = JsonNode.Parse(output)!["entries"]!.AsArray();
        foreach (var entry in entries) await node.EndedAsync((string)entry!["id"]!);

        (exit, output) = await node.CommandAsync(import);
        Assert.That(exit, Is.Zero, output);
        entries = JsonNode.Parse(output)!["entries"]!.AsArray();
        Assert.That(entries.Select(e => (string?)e!["state"]), Is.All.EqualTo("sent"));
        js.Write("from whom nothing is taken");
        Assert.That(await js.ReadAsync("not taken"), Is.Not.Empty, "and nothing was received once more before that");
    }

    [Test]
    public async Task TheReadme_ShowsTheProgramAsItIs()
    {
        var root = Path.GetDirectoryName(Path.GetDirectoryName(NodeProcess.Staged))!;
        var program = await File.ReadAllTextAsync(Path.Combine(root, "tests", "interop", "message.mjs"));
        var readme = await File.ReadAllTextAsync(Path.Combine(root, "plugins", "PluginNode.Libp2p", "README.md"));
        Assert.That(readme, Does.Contain($"```js\n{program}```"));
    }

    private async Task<NodeProcess> StartAsync()
    {
        var node = new NodeProcess(Folder, "node");
        node.Configuration["plugins"]!["settings"]!["libp2p"]!["rawProtocols"] = new JsonArray("/hello/");
        node.Configuration["delivery"]!["protocols"]!["/hello/1.0"] = "critical";
        node.Configuration["delivery"]!["endsOn"] = new JsonObject { ["/hello/1.0"] = "sent" };
        node.WriteConfiguration();
        await node.StartAsync();
        return node;
    }

    private static async Task<(string PeerId, byte[] PublicKey)> IdentityAsync(NodeProcess node)
    {
        var identity = JsonNode.Parse((await node.CommandAsync("identity", "--json")).Output)!;
        return ((string)identity["peerId"]!, Convert.FromBase64String((string)identity["publicKey"]!));
    }

    private static string Entries(string address, int count)
    {
        var parts = address.Split("/p2p/");
        return new JsonArray([.. Enumerable.Range(0, count).Select(i => new JsonObject
        {
            ["did"] = "did:x", ["addr"] = new JsonObject { ["ID"] = parts[1], ["Addrs"] = new JsonArray(parts[0]) },
            ["user"] = "u", ["payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{i}")),
            ["proto"] = "/hello/1.0", ["retries"] = i, ["added_at"] = "2026-04-29T07:41:03Z",
        })]).ToJsonString();
    }

    private static byte[] Sealed(NodeProcess node, byte[] publicKey, string content)
    {
        // PKCS#8 of an Ed25519 key ends with the seed (RFC 8410)
        var pem = File.ReadLines(Path.Combine(node.Data, "identity.pem")).Where(l => !l.StartsWith('-'));
        byte[] secret = [.. Convert.FromBase64String(string.Concat(pem))[^32..], .. publicKey];
        var key = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes("oc-discovery/dnt-cache/v1"));
        var plain = Encoding.UTF8.GetBytes(content);
        var file = new byte[12 + plain.Length + 16];
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(file.AsSpan(0, 12), plain, file.AsSpan(12, plain.Length), file.AsSpan(12 + plain.Length));
        return file;
    }
}
