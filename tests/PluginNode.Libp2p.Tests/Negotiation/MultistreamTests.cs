using System.Text;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Negotiation;

[TestFixture]
internal sealed class MultistreamTests
{
    private const string HeaderHex = "132f6d756c746973747265616d2f312e302e300a";

    [Test]
    public void Messages_AreThoseOfTheSpecification()
    {
        Assert.That(Convert.ToHexStringLower(MultistreamMessage.Encode("na")), Is.EqualTo("036e610a"));
        Assert.That(
            Convert.ToHexStringLower(MultistreamMessage.Encode(MultistreamMessage.Header)), Is.EqualTo(HeaderHex));
        Assert.That(
            Convert.ToHexStringLower(MultistreamMessage.EncodeList(["/a", "/b"])), Is.EqualTo("09032f610a032f620a0a"));
    }

    [Test]
    public async Task Select_SecondProposalIsKnown_BothAgree()
    {
        var (a, b) = MemoryDuplex.Pair();
        var select = Multistream.SelectAsync(a, ["/none", "/this"], default);
        Assert.That(await AnswerAsync(b).SoonAsync(), Is.EqualTo("/this"));
        Assert.That(await select.SoonAsync(), Is.EqualTo("/this"));
    }

    [Test]
    public async Task Select_NothingIsKnown_Fails()
    {
        var (a, b) = MemoryDuplex.Pair();
        var answer = AnswerAsync(b);
        Assert.That(
            await Patience.FaultOfAsync(() => Multistream.SelectAsync(a, ["/x", "/y"], default)),
            Is.EqualTo(Libp2pFault.NotSupported));
        await a.DisposeAsync();
        Assert.That(await Patience.FaultOfAsync(() => answer), Is.EqualTo(Libp2pFault.Closed));
    }

    [Test]
    public async Task Proposal_WithWhatFollows_IsReadNoFurther()
    {
        var (a, b) = MemoryDuplex.Pair();
        await Multistream.ProposeAsync(a, "/this", default);
        await a.WriteAsync("payload"u8.ToArray());
        await AnswerAsync(b).SoonAsync();
        var rest = new byte[7];
        await b.ReadExactlyAsync(rest);
        Assert.That(Encoding.ASCII.GetString(rest), Is.EqualTo("payload"));
        Assert.That(await Multistream.TryFinishAsync(a, "/this", default).SoonAsync(), Is.True);
    }

    [Test]
    public async Task List_IsAnswered_AndTheNegotiationGoesOn()
    {
        var (a, b) = MemoryDuplex.Pair(keep: true);
        await a.WriteAsync(MultistreamMessage.Encode(MultistreamMessage.Header, "ls", "/this"));
        Assert.That(await AnswerAsync(b).SoonAsync(), Is.EqualTo("/this"));
        Assert.That(Convert.ToHexStringLower(b.Written!.ToArray()), Does.Contain("08062f746869730a0a"));
    }

    [Test]
    public async Task Proposals_WithoutEnd_AreCut()
    {
        var (a, b) = MemoryDuplex.Pair();
        await a.WriteAsync(MultistreamMessage.Encode(MultistreamMessage.Header));
        for (var i = 0; i < Multistream.MostProposals; i++) await a.WriteAsync(MultistreamMessage.Encode("/none"));
        Assert.That(await Patience.FaultOfAsync(() => AnswerAsync(b)), Is.EqualTo(Libp2pFault.Limit));
    }

    [TestCase("00", Description = "an empty message")]
    [TestCase("8210", Description = "a length above the limit")]
    [TestCase("ffffffffffffffffff", Description = "a length without end")]
    [TestCase("036e6121", Description = "no line feed")]
    [TestCase("03fffe0a", Description = "no UTF-8")]
    [TestCase("0a2f6d756c7469000a0a0a", Description = "another header")]
    public async Task Garbage_IsMalformed(string hex)
    {
        var (a, b) = MemoryDuplex.Pair();
        await a.WriteAsync(Convert.FromHexString(hex));
        Assert.That(await Patience.FaultOfAsync(() => AnswerAsync(b)), Is.EqualTo(Libp2pFault.Malformed));
    }

    private static Task<string> AnswerAsync(MemoryDuplex stream) =>
        Multistream.AnswerAsync(stream, p => p == "/this", () => ["/this"], default);
}
