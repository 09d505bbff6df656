using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

[TestFixture]
public sealed class StoreTests : NodesInAFolder
{
    [Test]
    public async Task Files_HoldNoPayloadPeerNameOrProtocol()
    {
        await using var node = new NodeProcess(Folder, "sender");
        await using var peer = new NodeProcess(Folder, "a-peer-with-a-name");
        await NodeProcess.IntroduceAsync(node, peer);
        await node.StartAsync();
        await SendAsync(node, "a-peer-with-a-name", "a readable payload");
        await node.KillAsync();

        string[] secrets = ["a readable payload", "a-peer-with-a-name", "/test/critical"];
        var files = Directory.GetFiles(node.Store, "*", SearchOption.AllDirectories);
        Assert.That(files.Sum(f => new FileInfo(f).Length), Is.GreaterThan(0));
        foreach (var file in files)
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var secret in secrets)
                Assert.That(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)), Is.Negative, $"'{secret}' in {file}");
        }
    }

    [Test]
    public async Task AByteOfTheStoreIsFlipped_TheNodeStartsAndSaysSo_AndTheOthersArrive()
    {
        await using var sender = new NodeProcess(Folder, "sender");
        await using var receiver = new NodeProcess(Folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver);
        await sender.StartAsync();
        for (var i = 0; i < 5; i++) await SendAsync(sender, "receiver", $"0:{i}");
        await sender.KillAsync();
        Flip(Directory.GetFiles(sender.Store, "*.seg").Order(StringComparer.Ordinal).First());

        var (exit, said) = await sender.CommandAsync("store", "check");
        Assert.That(exit, Is.EqualTo(1), "store check reports it");
        Assert.That(said, Does.Contain("bad checksum"));
        await sender.StartAsync();
        await receiver.StartAsync();
        var ledger = new Ledger();
        var consumer = new Consumer(ledger, receiver);
        consumer.Start();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Consumer.Texts(ledger).Count < 4 && !patience.IsCancellationRequested) await Task.Delay(20);
        await consumer.StopAsync();
        var seen = Consumer.Texts(ledger);
        Assert.That(seen, Is.SubsetOf(Enumerable.Range(0, 5).Select(i => $"0:{i}")));
        Assert.That(seen, Has.Count.GreaterThanOrEqualTo(4));
        Assert.That(Directory.GetFiles(Path.Combine(sender.Store, "quarantine")), Is.Not.Empty);
    }

    private static async Task SendAsync(NodeProcess node, string to, string text)
    {
        var (status, _) = await node.PostAsync(
            "/v1/messages", new JsonObject { ["to"] = to, ["protocol"] = "/test/critical", ["text"] = text });
        Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted));
    }

    // In the header of the last of the frames, found by their magic.
    private static void Flip(string segment)
    {
        var bytes = File.ReadAllBytes(segment);
        bytes[bytes.AsSpan().LastIndexOf("PNR1"u8) + 70] ^= 0x40;
        File.WriteAllBytes(segment, bytes);
    }
}
