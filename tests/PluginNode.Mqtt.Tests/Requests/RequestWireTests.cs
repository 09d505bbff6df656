using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Requests;

/// <summary>The bodies of requests to named protocols, and of their answers.</summary>
[TestFixture]
internal sealed class RequestWireTests
{
    private static readonly string LongName = new('é', PeerRequest.MostProtocolCharacters);

    [TestCase("/a/1", 0, "")]
    [TestCase("/ñ/星", int.MaxValue, "body")]
    public void ARequest_IsReadAsItWasWritten(string name, int most, string text)
    {
        var asked = new PeerRequest(name, System.Text.Encoding.UTF8.GetBytes(text), most);
        var read = RequestBody.Read((byte[])[.. RequestBody.Head(asked), .. asked.Body.Span])!.Value;
        Assert.That((read.Protocol, read.MostAnswerBytes), Is.EqualTo((name, most)));
        Assert.That(read.Body.ToArray(), Is.EqualTo(asked.Body.ToArray()));
    }

    [Test]
    public void ARequest_HasTheBytesOfTheReadme()
    {
        var head = RequestBody.Head(new PeerRequest("/x", default, 0x01020304));
        Assert.That(Convert.ToHexString(head), Is.EqualTo("01020304" + "0002" + "2F78"));
    }

    [Test]
    public void TheLongestName_FitsIntoWhatIsLeftForIt() => Assert.That(
        RequestBody.Head(new PeerRequest(LongName, default, 1)), Has.Length.LessThanOrEqualTo(RequestBody.MostHead));

    [TestCase("", TestName = "empty")]
    [TestCase("0000000000", TestName = "cut off")]
    [TestCase("000000000000", TestName = "no name")]
    [TestCase("FFFFFFFF0001" + "61", TestName = "a negative bound")]
    [TestCase("00000000000261", TestName = "a name that is cut off")]
    [TestCase("0000000000026120", TestName = "a name with a space")]
    [TestCase("000000000001FF", TestName = "a name that is no UTF-8")]
    [TestCase("00000000FFFF61", TestName = "a name that is too long")]
    public void WhatIsNoRequest_IsToldApart(string hex) =>
        Assert.That(RequestBody.Read(Convert.FromHexString(hex)), Is.Null);

    [TestCase(RequestStatus.Unsupported, "02")]
    [TestCase(RequestStatus.Refused, "03")]
    [TestCase(RequestStatus.Busy, "04")]
    [TestCase(RequestStatus.TooLarge, "05")]
    public void AnAnswer_IsReadAsItWasWritten(RequestStatus status, string hex)
    {
        var (first, rest) = AnswerBody.Write(RequestOutcome.None(status, "né\no"));
        Assert.That(Convert.ToHexString(first), Is.EqualTo(hex));
        Assert.That(
            AnswerBody.Read((byte[])[.. first, .. rest.Span]), Is.EqualTo(RequestOutcome.None(status, "né o")));
        var answer = AnswerBody.Read(new byte[] { 1, 7, 8 })!.Value;
        Assert.That(
            (answer.Status, Convert.ToHexString(answer.Body.Span)), Is.EqualTo((RequestStatus.Answered, "0708")));
    }

    [TestCase("", TestName = "nothing")]
    [TestCase("00", TestName = "a failure, which no peer can know")]
    [TestCase("06", TestName = "too slow, which no peer can know")]
    public void WhatIsNoAnswer_IsToldApart(string hex)
    {
        Assert.That(AnswerBody.Read(Convert.FromHexString(hex)), Is.Null);
        Assert.That(AnswerBody.Read(new byte[] { 3 }.Concat(new byte[801]).ToArray()), Is.Null, "a long reason");
    }
}
