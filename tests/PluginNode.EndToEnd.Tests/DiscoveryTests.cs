using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Nodes that know each other's keys and not where they are, on the loopback's mDNS.</summary>
[TestFixture]
public sealed class DiscoveryTests : NodesInAFolder
{
    private const int Port = 5353;

    private static readonly IPAddress Group = new([224, 0, 0, 251]);

    [SetUp]
    public async Task ThereIsMulticast()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.SetSocketOption(
                SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(Group, IPAddress.Loopback));
            socket.SetSocketOption(
                SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Loopback.GetAddressBytes());
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await socket.SendToAsync("heard?"u8.ToArray(), new IPEndPoint(Group, Port), patience.Token);
            var heard = new byte[9000];
            while (await socket.ReceiveAsync(heard, patience.Token) is var count
                && !heard.AsSpan(0, count).SequenceEqual("heard?"u8))
            {
                // it is somebody else's
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            Assert.Ignore($"There is no multicast on the loopback's port {Port} here: {e.Message}");
        }
    }

    /// <summary>Both take any port; when one comes back it is at another one.</summary>
    [Test]
    public async Task Nodes_ThatKnowOnlyEachOthersKeys_FindEachOther_AndAgainAfterARestart()
    {
        await using var a = new NodeProcess(Folder, "a");
        await using var b = new NodeProcess(Folder, "b");
        var ids = new Dictionary<string, string>();
        foreach (var node in (NodeProcess[])[a, b])
        {
            node.Configuration["plugins"]!["settings"]!["libp2p"] = new JsonObject
            {
                ["listen"] = new JsonArray("/ip4/127.0.0.1/tcp/0"), ["mdns"] = true,
            };
            node.WriteConfiguration();
            var (_, output) = await node.CommandAsync("identity", "--json");
            ids[node.Name] = JsonNode.Parse(output)!["peerId"]!.GetValue<string>();
        }
        await NodeProcess.IntroduceAsync(a, b, n => [$"/p2p/{ids[n.Name]}"]);
        await a.StartAsync();
        await b.StartAsync();
        await ArrivesAsync(a, b, "one");
        await ArrivesAsync(b, a, "back");

        await b.KillAsync();
        var waiting = await a.SendAsync("b", "two");
        await b.StartAsync();
        await a.EndedAsync(waiting);
        await ArrivesAsync(a, b, "three");
        Assert.That(await TextsAsync(b), Is.EqualTo(new[] { "one", "two", "three" }));
        Assert.That(await TextsAsync(a), Is.EqualTo(new[] { "back" }));
    }

    private static async Task ArrivesAsync(NodeProcess from, NodeProcess to, string text)
    {
        await from.EndedAsync(await from.SendAsync(to.Name, text));
        Assert.That(await TextsAsync(to), Does.Contain(text), from.Log);
    }

    private static async Task<IEnumerable<string>> TextsAsync(NodeProcess node) =>
        (await node.GetAsync("/v1/inbox"))["messages"]!.AsArray().Select(m => m!["text"]!.GetValue<string>());
}
