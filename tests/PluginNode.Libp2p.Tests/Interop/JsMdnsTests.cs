using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Discovery;

namespace PluginNode.Libp2p.Interop;

/// <summary>js-libp2p's mDNS and ours understand each other's datagrams. Where they are sent is the concern of other
/// tests: js-libp2p's takes the interface that its system prefers.</summary>
[TestFixture]
internal sealed class JsMdnsTests : JsInteropFixture
{
    private static readonly Multiaddr[] Addresses =
        [Multiaddr.Parse("/ip4/192.168.1.7/tcp/4001"), Multiaddr.Parse("/ip6/fd00::7/tcp/4001")];

    [Test]
    public async Task Answer_OfOurs_JsFindsUsByIt()
    {
        var service = new PeerService(Host.Self, new SeededChance(1));
        var found = await TakeAsync(service.Answer(Asked.Peers, Addresses, PeerService.Ttl));
        Assert.That((string?)found["peer"], Is.EqualTo(Host.Self.ToString()));
        Assert.That(
            found["addresses"]!.AsArray().Select(a => (string?)a), Is.EqualTo(Addresses.Select(a => a.ToString())));
    }

    [Test]
    public async Task Question_OfOurs_JsAnswersIt_AndWeFindIt()
    {
        var answer = DnsMessage.Read(Convert.FromHexString((string)(await TakeAsync(PeerService.Query))["answer"]!));
        Assert.That(
            PeerService.Found(answer).Select(f => f.Address), Is.EqualTo(new[] { Js.Address with { Peer = Js.Peer } }));
    }

    private Task<System.Text.Json.Nodes.JsonObject> TakeAsync(byte[] datagram) =>
        Js.CallAsync("mdns", ("datagram", Convert.ToHexStringLower(datagram)));
}
