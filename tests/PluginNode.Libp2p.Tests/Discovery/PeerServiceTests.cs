using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Discovery;

[TestFixture]
internal sealed class PeerServiceTests
{
    private static readonly DnsName Service = DnsName.Of("_p2p", "_udp", "local");
    private static readonly DnsName Services = DnsName.Of("_services", "_dns-sd", "_udp", "local");
    private static readonly PeerId Self = TestIdentity.Fresh().Self;
    private static readonly Multiaddr[] Addresses =
        [Multiaddr.Parse("/ip4/192.168.1.7/tcp/4001"), Multiaddr.Parse("/ip6/fd00::7/tcp/4001")];

    private readonly PeerService _service = new(Self, new SeededChance(1));

    [Test]
    public void Answer_TellsItsAddresses_UnderANameOfChance()
    {
        var answer = DnsMessage.Read(_service.Answer(Asked.Peers, Addresses, PeerService.Ttl));
        var pointer = (PointerRecord)answer.Records[0];
        var text = (TextRecord)answer.Records[1];
        Assert.That((answer.IsResponse, answer.Records.Count), Is.EqualTo((true, 2)));
        Assert.That(pointer.Name, Is.EqualTo(Service));
        Assert.That(text.Name, Is.EqualTo(pointer.Target));
        Assert.That(text.Name.ToString(), Does.Match(@"^[0-9a-z]{40}\._p2p\._udp\.local$"));
        Assert.That(text.Texts, Is.EqualTo(Addresses.Select(a => $"dnsaddr={a}/p2p/{Self}")));
        Assert.That(
            PeerService.Found(answer),
            Is.EqualTo(Addresses.Select(a => new FoundAddress(a with { Peer = Self }, TimeSpan.FromSeconds(4500)))));
        Assert.That(
            new PeerService(Self, new SeededChance(2)).Answer(Asked.Peers, Addresses, 1),
            Is.Not.EqualTo(_service.Answer(Asked.Peers, Addresses, 1)));
    }

    /// <summary>Encoded by hand, as the specifications have it: libp2p/specs, discovery/mdns, "Response" (the texts
    /// are additional records); RFC 1035, section 4.1; RFC 6762, sections 10 and 10.2 (75 min; a text, of which there
    /// is one, flushes what is cached, a pointer, of which there are many, does not) and 18 (a response, authoritative,
    /// without a number).</summary>
    [Test]
    public void Answer_IsWhatTheSpecificationsSay()
    {
        var self = PeerId.FromPublicKey(new byte[32]);
        var service = new PeerService(self, new SeededChance(1));
        var instance = ((PointerRecord)DnsMessage.Read(service.Answer(Asked.Peers, [], 1)).Records[0]).Target;
        const string name = "045f703270" + "045f756470" + "056c6f63616c" + "00";
        var label = "28" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(instance.ToString()[..40]));
        var address = $"dnsaddr=/ip4/192.168.1.7/tcp/4001/p2p/{self}";
        var text = label + name + "0010" + "8001" + "00001194" + $"{address.Length + 1:x4}"
            + $"{address.Length:x2}" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(address));
        Assert.That(
            Convert.ToHexStringLower(service.Answer(Asked.Peers, Addresses[..1], PeerService.Ttl)),
            Is.EqualTo("0000" + "8400" + "0000" + "0001" + "0000" + "0001"
                + name + "000c" + "0001" + "00001194" + "003a" + label + name + text));
        Assert.That(
            Convert.ToHexStringLower(service.Answer(Asked.Text, Addresses[..1], PeerService.Ttl)),
            Is.EqualTo("0000" + "8400" + "0000" + "0001" + "0000" + "0000" + text));
    }

    [Test]
    public void Answer_ToWhoAsksForServices_NamesIt()
    {
        var answer = DnsMessage.Read(_service.Answer(Asked.Services, Addresses, 7));
        Assert.That(answer.Records, Is.EqualTo(new[] { new PointerRecord(Services, 7, Service) }));
    }

    [Test]
    public void Answer_OfManyAddresses_FitsADatagramOfAnyNetwork()
    {
        var many = Enumerable.Range(1, 200).Select(i => Multiaddr.Parse($"/ip4/10.0.0.{i}/tcp/4001"));
        var bytes = _service.Answer(Asked.Peers | Asked.Services, many, 1);
        Assert.That(bytes, Has.Length.LessThan(1232));
        Assert.That(PeerService.Found(DnsMessage.Read(bytes)), Has.Count.InRange(8, 20));
    }

    [Test]
    public void Question_IsForWhatItNames()
    {
        var instance = ((PointerRecord)DnsMessage.Read(_service.Answer(Asked.Peers, Addresses, 1)).Records[0]).Target;
        Assert.Multiple(() =>
        {
            Assert.That(Ask(Service, DnsType.Pointer), Is.EqualTo(Asked.Peers));
            Assert.That(Ask(Service, DnsType.Any), Is.EqualTo(Asked.Peers));
            Assert.That(Ask(DnsName.Of("_P2P", "_udp", "LOCAL"), DnsType.Pointer), Is.EqualTo(Asked.Peers));
            Assert.That(Ask(Service, DnsType.Text), Is.EqualTo(Asked.Nothing));
            Assert.That(Ask(instance, DnsType.Text), Is.EqualTo(Asked.Text));
            Assert.That(Ask(DnsName.Of("other", "_p2p", "_udp", "local"), DnsType.Text), Is.EqualTo(Asked.Nothing));
            Assert.That(Ask(Services, DnsType.Pointer), Is.EqualTo(Asked.Services));
            Assert.That(Ask(DnsName.Of("_http", "_tcp", "local"), DnsType.Pointer), Is.EqualTo(Asked.Nothing));
            // RFC 6762, section 7.1
            Assert.That(
                Ask(Service, DnsType.Pointer, new PointerRecord(Service, PeerService.Ttl, instance)),
                Is.EqualTo(Asked.Nothing));
            Assert.That(
                Ask(Service, DnsType.Pointer, new PointerRecord(Service, (PeerService.Ttl / 2) - 1, instance)),
                Is.EqualTo(Asked.Peers), "it is about to run out");
        });

        Asked Ask(DnsName name, DnsType type, params DnsRecord[] known) =>
            _service.AskedBy(new DnsMessage(false, [new DnsQuestion(name, type)], known));
    }

    // As js-libp2p tells: a record for each address, of all its transports, with names of other services around them.
    [Test]
    public void Found_IsWhatCanBeDialled()
    {
        var name = DnsName.Of("k9z", "_p2p", "_udp", "local");
        string[] texts =
        [
            $"dnsaddr=/ip4/192.168.1.9/tcp/1/p2p/{Self}", $"DNSADDR=/ip4/192.168.1.9/tcp/2/p2p/{Self}",
            $"dnsaddr=/ip4/192.168.1.9/tcp/3/ws/p2p/{Self}", $"dnsaddr=/ip4/192.168.1.9/udp/3/quic-v1/p2p/{Self}",
            "dnsaddr=/ip4/192.168.1.9/tcp/4", $"dnsaddr=/dns4/somewhere.example/tcp/5/p2p/{Self}",
            $"dnsaddr=/ip4/224.0.0.251/tcp/6/p2p/{Self}", $"dnsaddr=/ip4/255.255.255.255/tcp/6/p2p/{Self}",
            $"dnsaddr=/ip4/0.0.0.0/tcp/7/p2p/{Self}", $"dnsaddr=/ip6/fe80::1/tcp/8/p2p/{Self}",
            $"dnsaddr=/ip6/::/tcp/8/p2p/{Self}", $"dnsaddr=/ip6/ff02::fb/tcp/8/p2p/{Self}",
            $"dnsaddr=/ip6/::ffff:10.0.0.1/tcp/8/p2p/{Self}", $"dnsaddr=/ip4/192.168.1.9/tcp/0/p2p/{Self}",
            "dnsaddr=", "dnsaddr", "other=1",
        ];
        DnsRecord[] records =
        [
            .. texts.Select(t => new TextRecord(name, 120, [t])),
            new TextRecord(DnsName.Of("k9z", "_http", "_tcp", "local"), 120, [texts[0]]),
            new TextRecord(Service, 120, [texts[0]]),
            new TextRecord(DnsName.Of("a", "b", "_p2p", "_udp", "local"), 120, [texts[0]]),
        ];
        Assert.That(
            PeerService.Found(new DnsMessage(true, [], records)).Select(f => f.Address.Port),
            Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void Found_OfOneMessage_IsBounded()
    {
        var texts = Enumerable.Range(1, 100).Select(i => $"dnsaddr=/ip4/10.0.0.{i}/tcp/1/p2p/{Self}");
        var record = new TextRecord(DnsName.Of("a", "_p2p", "_udp", "local"), 1, [.. texts]);
        Assert.That(PeerService.Found(new DnsMessage(true, [], [record])), Has.Count.EqualTo(32));
    }
}
