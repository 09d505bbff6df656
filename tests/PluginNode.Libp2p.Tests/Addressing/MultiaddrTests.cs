using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Addressing;

[TestFixture]
internal sealed class MultiaddrTests
{
    // The peer id and its key are those of libp2p/specs, peer-ids, Test vectors.
    private const string Peer = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";

    [TestCase("/ip4/10.0.0.7/tcp/4001", "040a000007060fa1")]
    [TestCase("/ip6/::1/tcp/65535", "290000000000000000000000000000000106ffff")]
    [TestCase("/dns4/node.example/tcp/1", "360c6e6f64652e6578616d706c65060001")]
    [TestCase("/dns6/n/tcp/0", "37016e060000")]
    public void Text_AndBytes_AreEachOther(string text, string hex)
    {
        var address = Multiaddr.Parse(text);
        Assert.That(address.ToString(), Is.EqualTo(text));
        Assert.That(Convert.ToHexStringLower(MultiaddrBytes.Write(address)), Is.EqualTo(hex));
        Assert.That(MultiaddrBytes.Read(Convert.FromHexString(hex)), Is.EqualTo(address));
    }

    [Test]
    public void Peer_IsItsMultihash()
    {
        var id = TestIdentity.Fresh().Self;
        var address = Multiaddr.Parse($"/ip4/1.2.3.4/tcp/5/p2p/{id}");
        Assert.That(address.Peer, Is.EqualTo(id));
        var bytes = MultiaddrBytes.Write(address);
        var expected = "04010203040600" + "05a50326002408011220" + Convert.ToHexStringLower(id.ToPublicKey());
        Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(expected));
        Assert.That(MultiaddrBytes.Read(bytes), Is.EqualTo(address));
    }

    [TestCase(""), TestCase("/"), TestCase("/ip4/1.2.3.4"), TestCase("/ip4/1.2.3/tcp/1")]
    [TestCase("/ip4/01.2.3.4/tcp/1")]
    [TestCase("/ip4/::1/tcp/1"), TestCase("/ip6/1.2.3.4/tcp/1"), TestCase("/ip6/fe80::1%eth0/tcp/1")]
    [TestCase("/ip4/1.2.3.4/tcp/65536"), TestCase("/ip4/1.2.3.4/tcp/-1"), TestCase("/ip4/1.2.3.4/udp/1")]
    [TestCase("/ip4/1.2.3.4/tcp/1/"), TestCase("/ip4/1.2.3.4/tcp/1/p2p/x"), TestCase("/dns4/a b/tcp/1")]
    [TestCase("/ip4/1.2.3.4/tcp/1/p2p/" + Peer + "/p2p-circuit")]
    [TestCase("ip4/1.2.3.4/tcp/1"), TestCase("/dns4//tcp/1"), TestCase("/dns4/nöde.example/tcp/1")]
    public void Parse_OfAnythingElse_Fails(string text)
    {
        Assert.That(Multiaddr.TryParse(text, out _), Is.False);
        Assert.That(() => Multiaddr.Parse(text), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Bytes_CutAnywhere_AreMalformedOrAnotherAddress()
    {
        var bytes = MultiaddrBytes.Write(Multiaddr.Parse($"/dns4/node.example/tcp/1/p2p/{TestIdentity.Fresh().Self}"));
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            if (length == bytes.Length - 41) Assert.That(MultiaddrBytes.Read(cut)?.Peer, Is.Null);
            else Assert.That(() => MultiaddrBytes.Read(cut), Throws.TypeOf<Libp2pException>(), $"{length} bytes");
        }
    }

    [Test]
    public void Bytes_OfOtherTransports_AreNoneOfOurs() =>
        Assert.That(MultiaddrBytes.Read(Convert.FromHexString("047f000001910200fa1cc03".PadRight(24, '0'))), Is.Null);

    [Test]
    public void Bytes_OfARelayWithAnRsaKey_AreNoAddressHere_AndNoError()
    {
        // /ip4/1.2.3.4/tcp/4001/p2p/Qm…, alone and with /p2p-circuit behind it
        byte[] relay = [4, 1, 2, 3, 4, 6, 0x0f, 0xa1, 0xa5, 0x03, 34, 0x12, 0x20, .. new byte[32]];
        Assert.That(MultiaddrBytes.Read(relay), Is.Null);
        Assert.That(MultiaddrBytes.Read([.. relay, 0xa2, 0x02]), Is.Null);
    }
}
