namespace PluginNode.Libp2p.Yamux;

/// <summary>Bytes as libp2p/specs, yamux, Framing lays them out.</summary>
[TestFixture]
internal sealed class YamuxHeaderTests
{
    // version 0, type, flags, stream, length
    [TestCase("00" + "00" + "0001" + "00000001" + "00000005", 0, 1, 1u, 5u, Description = "data that opens stream 1")]
    [TestCase("00" + "01" + "0002" + "00000002" + "00040000", 1, 2, 2u, 262_144u, Description = "window, acknowledged")]
    [TestCase("00" + "01" + "0004" + "01020304" + "00000000", 1, 4, 0x01020304u, 0u, Description = "finished")]
    [TestCase("00" + "01" + "0008" + "ffffffff" + "00000000", 1, 8, uint.MaxValue, 0u, Description = "reset")]
    [TestCase("00" + "02" + "0001" + "00000000" + "deadbeef", 2, 1, 0u, 0xdeadbeefu, Description = "ping")]
    [TestCase("00" + "03" + "0000" + "00000000" + "00000001", 3, 0, 0u, 1u, Description = "go away")]
    public void Header_IsTwelveBytes(string hex, int type, int flags, uint stream, uint length)
    {
        var header = new YamuxHeader((YamuxType)type, (YamuxFlags)flags, stream, length);
        var bytes = new byte[YamuxHeader.Bytes];
        header.Write(bytes);
        Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(hex));
        Assert.That(YamuxHeader.Read(bytes), Is.EqualTo(header));
    }

    [TestCase("010000000000000100000000", Description = "version 1")]
    [TestCase("000400000000000100000000", Description = "type 4")]
    [TestCase("000000000000000000000000", Description = "data for the session")]
    [TestCase("000200010000000100000000", Description = "a ping on a stream")]
    public void Header_ThatThereIsNot_IsMalformed(string hex) =>
        Assert.That(() => YamuxHeader.Read(Convert.FromHexString(hex)), Throws.TypeOf<Libp2pException>());
}
