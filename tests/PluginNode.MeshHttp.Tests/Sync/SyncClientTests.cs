using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>Client and server of this plugin together.</summary>
[TestFixture]
internal sealed class SyncClientTests
{
    private SyncEnd _alice = null!, _bob = null!;

    [SetUp]
    public async Task SetUp()
    {
        _alice = new SyncEnd("星-alice");
        _bob = await new SyncEnd("ñandú-bob", new MeshHttpOptions { SyncCallsPerSecond = 10_000 }).StartAsync();
        _bob.Knows(_alice);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _alice.DisposeAsync();
        await _bob.DisposeAsync();
    }

    private Task<SyncReply> AskAsync(SyncRequest request) =>
        _alice.Client.AskAsync(_bob.Neighbour, request, CancellationToken.None);

    private static long TimeOf(ReadOnlyMemory<byte> json) => (long)JsonNode.Parse(json.Span)!["ts"]!;

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(100)]
    public async Task Pages_OfAPluginNode_NeitherSkipNorRepeatWithinATimestamp(int size)
    {
        for (var i = 0; i < 60; i++) _bob.Ledger.Add(1 + (i / 9), i, i % 3 == 0 ? "app" : "social");
        var ids = new List<string>();
        var request = new SyncRequest { Mode = SyncRequest.Page, PageSize = size };

        for (var reply = await AskAsync(request); ; reply = await AskAsync(request))
        {
            Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Answered), reply.Reason);
            Assert.That(reply.IsPluginNode, Is.True);
            ids.AddRange(reply.Events.Select(e => (string)JsonNode.Parse(e.Span)!["id"]!));
            if (reply.Next is not { } next) break;
            request = request with { Cursor = next.ToString() };
        }

        Assert.That(ids, Has.Count.EqualTo(60));
        Assert.That(ids, Is.Unique);
    }

    [Test]
    public async Task SampleRecentAndSlice_AreAnswered()
    {
        for (var i = 1; i <= 20; i++) _bob.Ledger.Add(i, i);

        var recent = await AskAsync(new SyncRequest { Mode = SyncRequest.Recent, Limit = 3 });
        var sample = await AskAsync(new SyncRequest { Mode = SyncRequest.Sample, SampleSize = 4 });
        var slice = await AskAsync(new SyncRequest { SliceIndex = 1, SliceTotal = 4, MaxEvents = 2 });

        Assert.That(recent.Events.Select(TimeOf), Is.EqualTo([20L, 19, 18]));
        Assert.That(sample.Events, Has.Count.EqualTo(4));
        Assert.That(sample.Outcome, Is.EqualTo(AskOutcome.Answered));
        Assert.That(slice.Events.Select(TimeOf), Is.EqualTo([14L, 18]));
    }

    [Test]
    public async Task Ask_WhatIsLarge_ComesCompressedAndWhole()
    {
        for (var i = 1; i <= 3000; i++) _bob.Ledger.Add(i, i, bytes: 500);

        var reply = await AskAsync(new SyncRequest { Mode = SyncRequest.Page });

        Assert.That(reply.Events.Select(TimeOf), Is.EqualTo(Enumerable.Range(1, 3000).Select(i => (long)i)));
        Assert.That(reply.Bytes, Is.GreaterThan(1_500_000));
    }

    [Test]
    public async Task Days_OfAPluginNode_AreItsLedgers()
    {
        for (var i = 1; i <= 30; i++) _bob.Ledger.Add(i * 40_000_000_000_000L, i);

        var days = await _alice.Client.DaysAsync(_bob.Neighbour, CancellationToken.None);

        Assert.That(days.Reply.Outcome, Is.EqualTo(AskOutcome.Answered), days.Reply.Reason);
        Assert.That(days.Days, Is.EqualTo(_bob.Ledger.Days()));
        Assert.That(days.Days, Has.Count.GreaterThan(10));
    }

    [Test]
    public async Task Ask_AsAStranger_IsRefused()
    {
        await using var eve = new SyncEnd("eve");
        var reply = await eve.Client.AskAsync(_bob.Neighbour, new SyncRequest(), CancellationToken.None);

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Refused));
        Assert.That(reply.Reason, Does.Contain("unknown sender: eve"));
        Assert.That(_bob.Logs.Lines.Count(l => l.Id == 3016), Is.EqualTo(1));
    }

    [Test]
    public async Task Ask_InAnothersName_IsRefused()
    {
        await using var eve = new SyncEnd(_alice.Name);
        var reply = await eve.Client.AskAsync(_bob.Neighbour, new SyncRequest(), CancellationToken.None);

        Assert.That(reply.Reason, Does.Contain("signature verification failed"));
    }

    [Test]
    public async Task PeerList_GoesBeforeLearnedKeys()
    {
        _bob.Knows(_alice.Name, PeerId.FromPublicKey(new byte[32]));
        _bob.Peers.Add(_alice.Name, _alice.Identity.Self);

        var reply = await AskAsync(new SyncRequest());

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Answered), reply.Reason);
    }

    [TestCase("X-PluginNode-Nonce: AAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("X-PluginNode-Signature: AAAA")]
    public async Task Request_WithAWrongProof_IsRefused(string header)
    {
        var proof = header.Contains("Nonce", StringComparison.Ordinal)
            ? $"{header}\r\nX-PluginNode-Signature: {Convert.ToBase64String(new byte[64])}\r\n" : header + "\r\n";
        _bob.Knows("rec", SyncVectors.Identities["alice"].Self);

        var answer = await ServerReplayTests.PostAsync(_bob, """{"from":"rec"}""", proof);

        Assert.That(answer, Does.StartWith("Authentication failed: "));
    }

    [Test]
    public async Task Request_OfAPluginNode_CannotBeShownAgainOrWithAnotherBody()
    {
        string? head = null;
        await using var tap = new FakeServer(h =>
        {
            head = h;
            return FakeServer.Text("HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        var request = new SyncRequest { Mode = SyncRequest.Recent, Limit = 5, MaxEvents = 1 };
        var reply = await _alice.Client.AskAsync(
            _bob.Neighbour with { Address = tap.Address }, request, CancellationToken.None);
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Busy));
        var body = Encoding.Latin1.GetString((request with { From = _alice.Name }).ToJson());
        var shown = head!.Replace("Host:", "Connection: close\r\nHost:") + "\r\n\r\n";

        var other = await ServerReplayTests.ExchangeAsync(_bob, shown + body.Replace("5", "6"));
        var again = await ServerReplayTests.ExchangeAsync(_bob, shown + body);

        Assert.That(other, Does.Contain("signature verification failed"));
        Assert.That(again, Does.Contain("this request came before"));
    }
}
