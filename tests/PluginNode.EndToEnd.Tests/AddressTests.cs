using System.Net;
using System.Net.Sockets;

namespace PluginNode.EndToEnd.Tests;

/// <summary>A peer that is dialled by two transports.</summary>
[TestFixture]
public sealed class AddressTests : NodesInAFolder
{
    [Test]
    public async Task Peer_NobodyIsAtItsLibp2pAddress_IsReachedOverMeshHttp()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var dead = $"/ip4/127.0.0.1/tcp/{((IPEndPoint)nobody.LocalEndpoint).Port}";
        nobody.Stop();
        await ReachesAsync(n => [dead, n.MeshAddress]);
    }

    [Test]
    public async Task Peer_SomethingSilentIsAtItsLibp2pAddress_IsReachedOverMeshHttp()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start(); // connections are made, and nobody takes them
        await ReachesAsync(n => [$"/ip4/127.0.0.1/tcp/{((IPEndPoint)silent.LocalEndpoint).Port}", n.MeshAddress]);
    }

    [Test]
    public async Task Peer_NobodyIsAtItsMeshAddress_IsReachedOverLibp2p()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var dead = $"mesh+http://127.0.0.1:{((IPEndPoint)nobody.LocalEndpoint).Port}";
        nobody.Stop();
        await ReachesAsync(n => [dead, n.Libp2pAddress]);
    }

    private async Task ReachesAsync(Func<NodeProcess, string[]> addresses)
    {
        await using var sender = new NodeProcess(Folder, "sender");
        await using var receiver = new NodeProcess(Folder, "receiver");
        sender.Configuration["plugins"]!["settings"]!["libp2p"]!["dialTimeout"] = "500ms";
        await NodeProcess.IntroduceAsync(sender, receiver, addresses);
        await receiver.StartAsync();
        await sender.StartAsync();

        await sender.EndedAsync(await sender.SendAsync("receiver", "over the other one"));

        var inbox = (await receiver.GetAsync("/v1/inbox"))["messages"]!.AsArray();
        Assert.That(inbox.Select(m => m!["text"]!.GetValue<string>()), Is.EqualTo(new[] { "over the other one" }));
        Assert.That((await sender.GetAsync("/v1/dead-letters"))["deadLetters"]!.AsArray(), Is.Empty);
    }
}
