namespace PluginNode.Host.Tests;

/// <summary>Peers that are only sent to, as the operator sets them.</summary>
public sealed class SendOnlyPeerApiTests
{
    private const string Key = "78szVyoozX1+QpiYwz3IDCfxo8hFH96LUNonrQvHt1U=";

    [Test]
    public async Task Put_SaysSo_KeepsIt_AndTakesItBackOnlyWhenAsked()
    {
        await using var node = await TestNode.StartAsync();
        var file = node.FileForCommands();
        async Task<bool> AfterAsync(params string[] more)
        {
            var (code, _, error) = await Cli.RunAsync(["peers", "put", "p", Key, "x:y", "--config", file, .. more]);
            Assert.That(code, Is.Zero, error);
            return (await node.GetAsync("/v1/peers/p")).Body!["sendOnly"]!.GetValue<bool>();
        }
        Assert.That(await AfterAsync(), Is.False);
        Assert.That(await AfterAsync("--send-only"), Is.True);
        Assert.That(await AfterAsync(), Is.True, "another address is no trust");
        var (_, table, _) = await Cli.RunAsync(["peers", "--config", file]);
        Assert.That(table, Does.Contain("only to it"));
        Assert.That(await AfterAsync("--send-only", "false"), Is.False);
    }

    [Test]
    public async Task ConfigurationFile_SaysSo()
    {
        await using var node = await TestNode.StartAsync(TestNode.Configuration(
            $$"""
            "peers": [{ "name": "a", "publicKey": "{{Key}}", "sendOnly": true }]
            """));
        var (_, peer) = await node.GetAsync("/v1/peers/a");
        Assert.That((bool)peer!["sendOnly"]! && (bool)peer["configured"]!, Is.True);
        Assert.That(node.Host.Node.Kernel.Peers.Find("a")!.SendOnly, Is.True);
    }
}
