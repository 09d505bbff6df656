namespace PluginNode.Libp2p.Discovery;

/// <summary>Messages as RFC 1035, section 4, and RFC 6762, section 18, lay them out.</summary>
[TestFixture]
internal sealed class DnsMessageTests
{
    private const string Header = "000084000000000100000000"; // a response with one answer
    private const string Service = "045f703270" + "045f756470" + "056c6f63616c" + "00"; // _p2p._udp.local
    private const string Head = "8001" + "00001194"; // class IN, flushing caches, and 4 500 s

    [Test]
    public void Query_IsWhatTheSpecificationSays() => Assert.That(
        Convert.ToHexStringLower(PeerService.Query), Is.EqualTo("000000000001000000000000" + Service + "000c0001"));

    [Test]
    public void Record_OfTexts_IsRead()
    {
        var read = Read(Header + "0161" + Service + "0010" + Head + "0009" + "0361623d" + "00" + "03783d79");
        Assert.That(read.IsResponse);
        var text = (TextRecord)read.Records.Single();
        Assert.That(text.Name.ToString(), Is.EqualTo("a._p2p._udp.local"));
        Assert.That(text.Ttl, Is.EqualTo(4500));
        Assert.That(text.Texts, Is.EqualTo(new[] { "ab=", "x=y" }));
    }

    [Test]
    public void Name_ThatRefersToAnEarlierOne_IsWhole()
    {
        // to "a" and then what the record's own name says
        var read = Read(Header + Service + "000c" + Head + "0004" + "0141" + "c00c");
        Assert.That(((PointerRecord)read.Records.Single()).Target.ToString(), Is.EqualTo("a._p2p._udp.local"));
        Assert.That(
            ((PointerRecord)read.Records.Single()).Target, Is.EqualTo(DnsName.Of("a", "_p2p", "_UDP", "local")));
    }

    [Test]
    public void RecordsAndQuestions_OfOtherKinds_ArePassedOver()
    {
        var read = Read(
            "000000000002000200000000" + Service + "000c0003" + Service + "00010001" // class CHAOS; type A
            + Service + "0001" + Head + "0004" + "7f000001" + Service + "000c" + "0003" + "00000000" + "0000");
        Assert.That((read.IsResponse, read.Questions.Count, read.Records.Count), Is.EqualTo((false, 0, 0)));
    }

    [TestCase("0000840000000001000000", Description = "a header that is cut", ExpectedResult = false)]
    [TestCase("000084000000000200000000" + Service + "0010" + Head + "0000",
        Description = "fewer records than told", ExpectedResult = false)]
    [TestCase("000084000000010100000000", Description = "257 records", ExpectedResult = false)]
    [TestCase("000094000000000000000000", Description = "another operation", ExpectedResult = false)]
    [TestCase("000084030000000000000000", Description = "an error", ExpectedResult = false)]
    [TestCase(Header + "c00c", Description = "a name that is itself", ExpectedResult = false)]
    [TestCase(Header + "0161c00e", Description = "a name that begins in itself", ExpectedResult = false)]
    [TestCase(Header + "c00e0000", Description = "a name that stands later", ExpectedResult = false)]
    [TestCase(Header + "c000" + "000c" + Head + "0000", Description = "a name in the header", ExpectedResult = false)]
    [TestCase(Header + "4161", Description = "a label of another kind", ExpectedResult = false)]
    [TestCase(Header + "05616263", Description = "a label that is cut", ExpectedResult = false)]
    [TestCase(Header + Service + "000c" + Head, Description = "a record that is cut", ExpectedResult = false)]
    [TestCase(Header + Service + "000c" + Head + "ffff",
        Description = "a length beyond the end", ExpectedResult = false)]
    [TestCase(Header + Service + "000c" + Head + "0003" + "016100", Description = "no fault", ExpectedResult = true)]
    [TestCase(Header + Service + "000c" + Head + "0004" + "01610000",
        Description = "more than its name", ExpectedResult = false)]
    [TestCase(Header + Service + "000c" + Head + "0002" + "016100",
        Description = "less than its name", ExpectedResult = false)]
    [TestCase(Header + Service + "0010" + Head + "0003" + "036162",
        Description = "a text that is cut", ExpectedResult = false)]
    public bool Message_ThatMayNotBe_IsRefused(string hex)
    {
        try
        {
            Read(hex);
            return true;
        }
        catch (Libp2pException e)
        {
            Assert.That(e.Fault, Is.AnyOf(Libp2pFault.Malformed, Libp2pFault.Limit));
            return false;
        }
    }

    [Test]
    public void Name_LongerThan255Bytes_IsRefused()
    {
        var label = "3f" + string.Concat(Enumerable.Repeat("61", 63));
        var name = label + label + label + "3d" + string.Concat(Enumerable.Repeat("61", 61)) + "00";
        Assert.That(Read(Header + name + "0010" + Head + "0000").Records, Has.Count.EqualTo(1), "255 bytes");
        Assert.That(
            () => Read(Header + label + "0161" + name + "0010" + Head + "0000"), Throws.TypeOf<Libp2pException>());
    }

    [Test]
    public void Name_InManyPieces_IsRefused()
    {
        // Each record's name is one reference to the name before: the last one takes as many steps as there are.
        byte[] Message(int count)
        {
            var bytes = new List<byte>(Convert.FromHexString("0000840000000000" + "00000000"));
            (bytes[6], bytes[7]) = ((byte)(count >> 8), (byte)count);
            bytes.AddRange(Convert.FromHexString("016100" + "0010" + Head + "0000"));
            for (var (i, last) = (1, 12); i < count; i++)
            {
                var at = bytes.Count;
                bytes.AddRange(
                    [(byte)(0xC0 | (last >> 8)), (byte)last, .. Convert.FromHexString("0010" + Head + "0000")]);
                last = at;
            }
            return [.. bytes];
        }
        Assert.That(DnsMessage.Read(Message(17)).Records, Has.Count.EqualTo(17));
        Assert.That(() => DnsMessage.Read(Message(18)), Throws.TypeOf<Libp2pException>());
    }

    [Test]
    public void Message_Written_IsReadTheSame()
    {
        var name = DnsName.Of("b", "local");
        var message = new DnsMessage(
            true, [new DnsQuestion(name, DnsType.Any)],
            [
                new PointerRecord(name, 1, DnsName.Of("c")),
                new TextRecord(name, uint.MaxValue, ["x", new string('y', 255)]),
            ]);
        var read = DnsMessage.Read(message.ToBytes());
        Assert.That(read.Questions, Is.EqualTo(message.Questions));
        Assert.That(read.Records[0], Is.EqualTo(message.Records[0]));
        Assert.That(((TextRecord)read.Records[1]).Texts, Is.EqualTo(((TextRecord)message.Records[1]).Texts));
        Assert.That(read.Records[1].Ttl, Is.EqualTo(uint.MaxValue));
    }

    private static DnsMessage Read(string hex) => DnsMessage.Read(Convert.FromHexString(hex));
}
