using System.Text;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Requests;

/// <summary>The bytes as the README has them.</summary>
[TestFixture]
internal sealed class RequestWireTests
{
    [Test]
    public void Question_IsHeadNameAndBody()
    {
        var request = new PeerRequest("/é", "hi"u8.ToArray(), 99);
        var bytes = RequestWire.Write(request, 0x01020304, out var rest);
        Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo("0003" + "01020304" + "00000002" + "2fc3a9" + "6869"));
        Assert.That(rest.IsEmpty);
        Assert.That(RequestWire.ReadQuestion(bytes), Is.EqualTo((3, 0x01020304, 2)));
        Assert.That(RequestWire.ReadName(bytes.AsSpan(RequestWire.QuestionHead, 3)), Is.EqualTo("/é"));
    }

    [TestCase(RequestStatus.Answered, "01")]
    [TestCase(RequestStatus.Unsupported, "02")]
    [TestCase(RequestStatus.Refused, "03")]
    [TestCase(RequestStatus.Busy, "04")]
    [TestCase(RequestStatus.TooLarge, "05")]
    public void Answer_IsStatusLengthAndBodyOrReason(RequestStatus status, string code)
    {
        var body = "no"u8.ToArray();
        var bytes = RequestWire.Write(new RequestOutcome(status, body, "no"), out _);
        Assert.That(Convert.ToHexStringLower(bytes), Is.EqualTo(code + "00000002" + "6e6f"));
        Assert.That(RequestWire.ReadAnswer(bytes), Is.EqualTo((status, 2)));
    }

    [TestCase(65_536, 0), TestCase(65_537, 65_537)]
    public void Body_ThatIsLarge_IsNotCopied(int length, int apart)
    {
        var body = new byte[length];
        var bytes = RequestWire.Write(RequestOutcome.Answer(body), out var rest);
        Assert.That((bytes.Length, rest.Length), Is.EqualTo((RequestWire.AnswerHead + length - apart, apart)));
    }

    [TestCase("0000" + "00000001" + "00000001")] // no name
    [TestCase("03fd" + "00000001" + "00000001")] // a name of 1 021 bytes
    [TestCase("0001" + "80000000" + "00000001")]
    [TestCase("0001" + "00000001" + "ffffffff")]
    public void Question_WithAWrongHead_IsMalformed(string head) =>
        IsMalformed(() => RequestWire.ReadQuestion(Convert.FromHexString(head)));

    [TestCase("ff"), TestCase("2f20"), TestCase("2f0a"), TestCase("c3")]
    public void Name_ThatIsNone_IsMalformed(string name) =>
        IsMalformed(() => RequestWire.ReadName(Convert.FromHexString(name)));

    [Test]
    public void Name_OfTheGreatestLength_IsTaken()
    {
        var name = string.Concat(Enumerable.Repeat("語", PeerRequest.MostProtocolCharacters));
        Assert.That(RequestWire.ReadName(Encoding.UTF8.GetBytes(name)), Is.EqualTo(name));
        IsMalformed(() => RequestWire.ReadName(Encoding.UTF8.GetBytes(name + "語")));
    }

    [TestCase("00" + "00000000"), TestCase("06" + "00000000"), TestCase("01" + "80000000")]
    [TestCase("02" + "00000321")] // a reason of 801 bytes
    public void Answer_WithAWrongHead_IsMalformed(string head) =>
        IsMalformed(() => RequestWire.ReadAnswer(Convert.FromHexString(head)));

    private static void IsMalformed(TestDelegate read) =>
        Assert.That(Assert.Throws<Libp2pException>(read)!.Fault, Is.EqualTo(Libp2pFault.Malformed));
}
