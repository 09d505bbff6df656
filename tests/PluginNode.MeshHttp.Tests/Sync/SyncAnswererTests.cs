using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Identity;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What answers neighbours that ask over other transports.</summary>
[TestFixture]
internal sealed class SyncAnswererTests
{
    private static readonly PeerId Caller = new KeyRing().NewSigner().Self;

    private SyncEnd _end = null!;

    [SetUp]
    public void SetUp()
    {
        _end = new SyncEnd("bob", new MeshHttpOptions { SyncCallsPerSecond = 20 }, time: new ManualTime());
        for (var i = 0; i < 100; i++) _end.Ledger.Add(1_000_000_000L + i, i);
    }

    [TearDown]
    public async Task TearDown() => await _end.DisposeAsync();

    [Test]
    public async Task Answer_IsTheBodyThatHttpHas()
    {
        var outcome = await AskAsync("""{"from":"anybody","mode":"page","page_size":3}""");
        var body = JsonNode.Parse(outcome.Body.Span)!;
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.Answered));
        Assert.That(((string?)body["from"], body["events"]!.AsArray().Count), Is.EqualTo(("bob", 3)));
        Assert.That((string?)body["next_cursor"], Does.Contain(':'), "as a PluginNode gets it");
        outcome = await AskAsync("""{"from":"anybody"}""", SyncProtocols.Days);
        Assert.That(JsonNode.Parse(outcome.Body.Span)!["days"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [TestCase(""), TestCase("[]"), TestCase("{"), TestCase("""{"mode":7}""")]
    public async Task Question_ThatIsNone_IsRefused(string json) =>
        Assert.That((await AskAsync(json)).Status, Is.EqualTo(RequestStatus.Refused));

    [Test]
    public async Task Answer_KeepsWithinWhatMoves_ElseItIsTooLarge()
    {
        var all = await AskAsync("""{"mode":"page"}""");
        var part = await AskAsync("""{"mode":"page"}""", most: all.Body.Length / 2);
        Assert.That(part.Status, Is.EqualTo(RequestStatus.Answered));
        Assert.That((string?)JsonNode.Parse(part.Body.Span)!["next_cursor"], Is.Not.Null, "the rest comes later");
        Assert.That((await AskAsync("""{"mode":"page"}""", most: 10)).Status, Is.EqualTo(RequestStatus.TooLarge));
    }

    [Test]
    public async Task Calls_OfAPeerHaveTheirRate_AndThoseOfOthersHaveTheirOwn()
    {
        for (var i = 0; i < 40; i++)
            Assert.That((await AskAsync("{}")).Status, Is.EqualTo(RequestStatus.Answered), $"{i}");
        Assert.That((await AskAsync("{}")).Status, Is.EqualTo(RequestStatus.Busy));
        Assert.That((await AskAsync("{}", from: new KeyRing().NewSigner().Self)).Status,
            Is.EqualTo(RequestStatus.Answered));
    }

    [Test]
    public async Task Limits_AreOfAPeer_HoweverItAsks()
    {
        var desk = _end.Transport.Desk!;
        for (var i = 0; i < CallLimits.AtOnce; i++) Assert.That(desk.TryEnter(Caller));
        Assert.That((await AskAsync("{}")).Status, Is.EqualTo(RequestStatus.Busy));
        desk.Leave(Caller);
        Assert.That((await AskAsync("{}")).Status, Is.EqualTo(RequestStatus.Answered));
    }

    [Test]
    public async Task ANodeThatOnlyListens_AnswersNothing()
    {
        await using var end = new SyncEnd("carol") { Answers = false };
        var outcome = await DirectRequests.AnswererOf(end).AnswerAsync(
            Caller, new PeerRequest(SyncProtocols.Events, "{}"u8.ToArray(), 1000), CancellationToken.None);
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.Unsupported));
    }

    private Task<RequestOutcome> AskAsync(
        string json, string protocol = SyncProtocols.Events, int most = 16 << 20, PeerId? from = null) =>
        DirectRequests.AnswererOf(_end, protocol).AnswerAsync(
            from ?? Caller, new PeerRequest(protocol, Encoding.UTF8.GetBytes(json), most), CancellationToken.None);
}
