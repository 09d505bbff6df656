namespace PluginNode.EndToEnd.Tests;

/// <summary>A configuration that can't be used is told with file, key and what is needed; nothing is made.</summary>
[TestFixture]
public sealed class ConfigurationFailureTests : NodesInAFolder
{
    [TestCase("""{ "node": nonsense }""", "plugins.json: line 1, byte 12:")]
    [TestCase("[]", "plugins.json:", "an object { … } is needed")]
    [TestCase("", "plugins.json")]
    [TestCase("""{ "node": { "nmae": "x" } }""", "plugins.json: node.nmae: unknown key", "known are name, data")]
    [TestCase("""{ "node": { "name": 7 } }""", "plugins.json: node.name: a text in quotes is needed")]
    [TestCase("""{ "plugins": { "disabled": "mesh-http" } }""", "plugins.json: plugins.disabled: a list [ … ]")]
    [TestCase("""{ "delivery": { "retry": { "first": "soon" } } }""", "plugins.json: delivery.retry.first:", "10s")]
    [TestCase("""{ "inbox": { "bytes": "4GiBs" } }""", "plugins.json: inbox.bytes:", "GiB")]
    [TestCase("""{ "api": { "listen": "ftp://x" } }""", "plugins.json: api.listen:", "http://")]
    [TestCase("""{ "api": { "listen": "http://0.0.0.0:7400" } }""", "plugins.json: api.listen:", "api.public")]
    [TestCase("""{ "peers": [{ "name": "b", "publicKey": "AAAA" }] }""", "plugins.json: peers[0].publicKey:", "base64")]
    public async Task UnusableFile_IsToldWithItsKey(string text, params string[] says)
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await File.WriteAllTextAsync(node.ConfigurationFile, text);
        var before = Snapshot.Of(node.Folder);
        await StartFailureTests.FailsAsync(node, 2, ["run"], says);
        Assert.That(Snapshot.Of(node.Folder), Is.EqualTo(before));
    }

    [Test]
    public async Task SeveralProblems_AreToldAtOnce_OneALine()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await File.WriteAllTextAsync(
            node.ConfigurationFile, """{ "nod": {}, "store": 2, "api": { "public": "yes" } }""");
        var (exit, output) = await node.CommandAsync("run");
        Assert.That(exit, Is.EqualTo(2));
        Assert.That(output.Split('\n'), Has.Length.EqualTo(3));
        Assert.That(output, Does.Contain("nod: unknown").And.Contain("store: a text").And.Contain("api.public: true"));
    }

    [Test]
    public async Task NoSuchFile_IsToldWithItsPath()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        var before = Snapshot.Of(node.Folder);
        var missing = Path.Combine(node.Folder, "none", "plugins.json");
        await StartFailureTests.FailsAsync(
            node, 2, ["run", "--config", missing], missing, "pluginnode init", "--config names another");
        Assert.That(Snapshot.Of(node.Folder), Is.EqualTo(before));
    }

    [Test]
    public async Task TheFileIsAFolder_IsToldWithItsPath()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await StartFailureTests.FailsAsync(node, 2, ["run", "--config", node.Folder], node.Folder, "can't be read");
    }

    [Test]
    public async Task SettingsOfAPluginAreWrong_ThatPluginIsFaulted_AndTheNodeGoesOn()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        node.Configuration["plugins"]!["settings"]!["mesh-http"]!["lisen"] = "x";
        node.WriteConfiguration();
        await node.StartAsync();
        var (exit, table) = await node.CommandAsync("plugins");
        Assert.That(exit, Is.Zero);
        Assert.That(table, Does.Contain("faulted").Or.Contain("refused"));
        Assert.That(table, Does.Contain("lisen"));
    }
}
