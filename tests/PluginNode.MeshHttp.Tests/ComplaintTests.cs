using PluginNode.Identity;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests;

/// <summary>What the operator is told of peers' requests, and how often.</summary>
[TestFixture]
internal sealed class ComplaintTests
{
    private ManualTime _time = null!;
    private TestNode _bob = null!;
    private TestSigner _alice = null!;
    private HandMade _made = null!;

    [SetUp]
    public async Task SetUp()
    {
        var ring = new KeyRing();
        _time = new ManualTime();
        _alice = ring.NewSigner();
        _bob = await new TestNode(ring, new() { Listen = "http://127.0.0.1:0", MaxBatchBytes = 65_536 }, _time)
            .StartAsync();
        _bob.Peers.Add(_alice.Self);
        _made = new HandMade(_bob, _alice);
    }

    [TearDown]
    public async Task TearDown()
    {
        _made.Dispose();
        await _bob.DisposeAsync();
    }

    [Test]
    public async Task Replayed_IsTold()
    {
        var head = _made.Head();

        for (var i = 0; i < 3; i++) (await _made.PostAsync(_alice, head)).Dispose();

        AssertToldOnce(3009, _alice.Self.ToString());
    }

    [Test]
    public async Task OldTimestamp_IsToldWithHowOldItIs()
    {
        for (var i = 0; i < 2; i++)
            (await _made.PostAsync(_alice, _made.Head() with { Timestamp = _made.Now - 3_600_000 })).Dispose();

        AssertToldOnce(3010, _alice.Self.ToString(), "01:00:00");
    }

    [Test]
    public async Task Oversized_IsToldWithBothNumbersAndTheSetting()
    {
        for (var i = 0; i < 2; i++)
            await FakeServer.ExchangeHeadAsync(
                _bob.Url, _made.Text(_alice, _made.Head() with { ContentLength = 70_000 }));

        AssertToldOnce(3011, _alice.Self.ToString(), "70000", "65536", "maxBatchBytes");
    }

    [Test]
    public async Task OtherDigestAndNoBatch_AreToldTogetherOnce()
    {
        var head = _made.Head();
        head.Digest[0] ^= 1;
        (await _made.PostAsync(_alice, head)).Dispose();
        (await _made.PostAsync(_alice, _made.Head([1, 2, 3]), body: [1, 2, 3])).Dispose();

        AssertToldOnce(3012, _alice.Self.ToString(), "digest");
    }

    [Test]
    public async Task MalformedHeaders_AreToldWithTheAddress()
    {
        for (var i = 0; i < 2; i++)
            (await _made.PostAsync(_alice, _made.Head(), headers => headers.Remove(MeshWire.Nonce))).Dispose();

        AssertToldOnce(3008, "127.0.0.1");
    }

    [Test]
    public async Task AMinuteLater_IsToldAgain()
    {
        var head = _made.Head();
        for (var i = 0; i < 3; i++) (await _made.PostAsync(_alice, head)).Dispose();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(_bob.Logs.Lines.Count(l => l.Id == 3009), Is.EqualTo(1));

        _time.Advance(TimeSpan.FromSeconds(1));
        head = _made.Head();
        for (var i = 0; i < 3; i++) (await _made.PostAsync(_alice, head)).Dispose();

        Assert.That(_bob.Logs.Lines.Count(l => l.Id == 3009), Is.EqualTo(2));
    }

    [Test]
    public void Kinds_OfOnePeer_AreToldEachForItself()
    {
        using var logs = new RecordingLoggers();
        var complaints = new Complaints(_time, logs);
        Action<PeerId>[] kinds =
        [
            complaints.UnknownSender, complaints.WrongSignature, complaints.Replayed, complaints.TooMany,
            complaints.NoRoom, p => complaints.TooSlow(p, "slow"), p => complaints.MalformedBody(p, "bad"),
            p => complaints.TooLarge(p, 2, 1), p => complaints.NotFresh(p, TimeSpan.Zero),
        ];

        for (var i = 0; i < 2; i++)
            foreach (var tell in kinds) tell(_alice.Self);

        Assert.That(logs.Lines, Has.Count.EqualTo(kinds.Length));
        Assert.That(logs.Lines.Select(l => l.Id), Is.Unique);
        Assert.That(logs.Lines.Select(l => l.Text), Has.All.Contains(_alice.Self.ToString()));
    }

    private void AssertToldOnce(int id, params string[] words)
    {
        var line = _bob.Logs.Lines.Single(l => l.Id != 3000);

        Assert.That(line.Id, Is.EqualTo(id));
        foreach (var word in words) Assert.That(line.Text, Does.Contain(word));
    }
}
