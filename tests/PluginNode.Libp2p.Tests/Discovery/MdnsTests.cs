using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Discovery;

/// <summary>What is said and heard, over networks in memory and with a clock that the tests move.</summary>
[TestFixture]
internal sealed class MdnsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly Multiaddr Own = Multiaddr.Parse("/ip4/192.168.1.7/tcp/4001");

    private readonly ConcurrentQueue<PeerId> _dialled = new();
    private ManualTimeProvider _time = null!;
    private MemoryNetworks _networks = null!;
    private MemoryPeers _peers = null!;
    private RecordingLogs _logs = null!;
    private Mdns _mdns = null!;
    private Exception? _dialFails;
    private bool _isSilent;

    [SetUp]
    public void SetUp()
    {
        (_time, _peers, _logs) = (new ManualTimeProvider(), new MemoryPeers(), new RecordingLogs());
        _networks = new MemoryNetworks(_time);
        _dialled.Clear();
        (_dialFails, _isSilent) = (null, false);
        _mdns = new Mdns(
            new Libp2pNode(
                TestIdentity.Fresh(), _peers, _time, SeededChance.Printed(), new Logger<Libp2pTransport>(_logs)),
            _networks, _ => _isSilent ? [] : [Own], (peer, _) =>
            {
                _dialled.Enqueue(peer);
                return _dialFails is { } e ? Task.FromException(e) : Task.CompletedTask;
            });
    }

    [TearDown]
    public async Task TearDown()
    {
        await _mdns.DisposeAsync();
        Assert.That((_networks.Links.Count, _time.Timers), Is.EqualTo((0, 0)), "nothing stays");
    }

    [Test]
    public async Task Asking_GrowsRarer_UpToAnHour()
    {
        _isSilent = true; // the only timer is that of asking
        var begun = _time.GetUtcNow();
        _mdns.Start();
        await AdvanceAsync(TimeSpan.FromHours(4));
        List<DateTimeOffset> asked = [.. _networks.Link.Asked];
        Assert.That(asked[0] - begun, Is.InRange(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(120)));
        Assert.That(
            asked.Zip(asked.Skip(1), (a, b) => (b - a).TotalSeconds),
            Is.EqualTo(new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600 }));
        Assert.That(_networks.Link.Answers, Is.Empty, "nobody can reach it, and it says nothing of itself");
    }

    [Test]
    public async Task Asking_WhatIsAboutToRunOut_ComesInBetween()
    {
        _isSilent = true;
        var peer = Known();
        _mdns.Start();
        await AdvanceAsync(TimeSpan.FromMinutes(70));
        var before = _networks.Link.Asked.Count();
        _networks.Link.Put(Says(peer, ttl: 1000));
        await Patience.UntilAsync(() => _mdns.Of(peer).Count == 1, "it is found");
        var found = _time.GetUtcNow();
        await AdvanceAsync(TimeSpan.FromSeconds(1000));
        Assert.That(
            _networks.Link.Asked.Skip(before).Select(a => (a - found).TotalSeconds),
            Is.EqualTo(new double[] { 800, 900 }).Within(Mdns.Look.TotalSeconds));
        Assert.That(_mdns.Of(peer), Is.Empty, "nobody has answered");
    }

    [Test]
    public async Task Start_TellsOfItself_AndWhoAsksIsAnswered_OnceASecond()
    {
        await StartedAsync();
        var link = _networks.Link;
        Assert.That(link.Answers.Count(), Is.EqualTo(1));
        Assert.That(
            PeerService.Found(link.Answers.First()).Select(f => f.Address with { Peer = null }),
            Is.EqualTo(new[] { Own }));
        var first = link.Sent.Last().At;
        for (var i = 0; i < 50; i++) link.Put(PeerService.Query);
        await Patience.UntilAsync(() => _time.Timers == 2, "an answer is due");
        await AdvanceAsync(Second);
        await Patience.UntilAsync(() => link.Answers.Count() == 2, "it is answered");
        List<DateTimeOffset> answered = [.. link.Sent.Where(s => s.Message.IsResponse).Select(s => s.At)];
        Assert.That(answered[1] - first, Is.GreaterThanOrEqualTo(Second));
    }

    [Test]
    public async Task Peer_OfTheList_IsFoundAndDialled_OnceAMinute()
    {
        var peer = Known();
        _dialFails = new Libp2pException(Libp2pFault.Unreachable, "Nobody is there.");
        await StartedAsync();
        for (var port = 1; port <= 5; port++) _networks.Link.Put(Says(peer, port));
        await Patience.UntilAsync(() => _mdns.Of(peer).Count == 5, "all are found");
        await Patience.UntilAsync(() => Logged(3224) == 1, "it was dialled");
        Assert.That((_dialled.Count, Logged(3220)), Is.EqualTo((1, 1)));
        _networks.Link.Put(Says(peer, 5, ttl: 0));
        await Patience.UntilAsync(() => _mdns.Of(peer).Count == 4, "it takes an address back");
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        _networks.Link.Put(Says(peer, 6));
        await Patience.UntilAsync(() => _dialled.Count == 2, "it is dialled again");
        _peers.Remove(peer);
        Assert.That(_mdns.Of(peer), Is.Empty, "nobody knows it any more");
    }

    [Test]
    public async Task Stranger_IsProposedOnce_AndNeverDialled()
    {
        await StartedAsync();
        var stranger = TestIdentity.Fresh().Self;
        for (var port = 1; port <= 3; port++) _networks.Link.Put(Says(stranger, port));
        await HeardAsync();
        Assert.That(_mdns.Of(stranger), Is.Empty);
        Assert.That(_dialled, Has.None.EqualTo(stranger));
        var (_, _, text) = _logs.Lines.Single(l => l.Event.Id == 3221);
        var key = Convert.ToBase64String(stranger.ToPublicKey());
        Assert.That(text, Does.Contain($"peers put NAME {key} /ip4/192.168.1.9/tcp/1/p2p/{stranger}"));
    }

    [Test]
    public async Task Strangers_InAFlood_AreAFewLinesAMinute()
    {
        await StartedAsync();
        for (var i = 0; i < 100; i++) _networks.Link.Put(Says(SomePeers.New(new SeededChance(i))));
        await HeardAsync();
        Assert.That(Logged(3221), Is.EqualTo(Strangers.MostAMinute));
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        _networks.Link.Put(Says(SomePeers.New(new SeededChance(1000))));
        await HeardAsync();
        Assert.That(Logged(3221), Is.EqualTo(Strangers.MostAMinute + 1));
    }

    [Test]
    public void Strangers_AreRememberedUpToALimit()
    {
        var strangers = new Strangers(_time);
        var proposed = 0;
        for (var i = 0; i < 2 * Strangers.Most; i++)
        {
            if (strangers.May(SomePeers.New(new SeededChance(i)))) proposed++;
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.That(proposed, Is.EqualTo(Strangers.Most));
    }

    [Test]
    public async Task Garbage_DoesNothing([Range(1, 5)] int seed)
    {
        await StartedAsync();
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var bytes = Says(TestIdentity.Fresh().Self);
            for (var flips = random.Next(1, 40); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            _networks.Link.Put(bytes[..random.Next(bytes.Length)]);
        }
        _networks.Link.Put(new byte[DnsMessage.MostBytes + 5]);
        await HeardAsync();
        Assert.That(_logs.Lines.Where(l => l.Level >= LogLevel.Warning), Is.Empty);
        Assert.That(Logged(3223), Is.EqualTo(1), "one line a minute");
    }

    [Test]
    public async Task Itself_AndLoopbackAddressesFromElsewhere_AreNotFound()
    {
        var peer = Known();
        await StartedAsync();
        var own = new PeerService(peer, new SeededChance(9)).Answer(
            Asked.Peers, [Multiaddr.Parse("/ip4/127.0.0.1/tcp/1"), Multiaddr.Parse("/ip6/::1/tcp/1")], 300);
        _networks.Link.Put(own);
        foreach (var answer in _networks.Link.Answers.ToList()) _networks.Link.Put(answer.ToBytes());
        await HeardAsync();
        Assert.That(_mdns.Of(peer), Is.Empty);
        Assert.That((Logged(3220), Logged(3221)), Is.EqualTo((1, 0)), "but who marks the end");
    }

    [Test]
    public async Task Site_ThatComes_IsAskedAtOnce_AndOneThatGoesIsLeft()
    {
        await StartedAsync();
        var first = _networks.Link;
        await AdvanceAsync(TimeSpan.FromMinutes(10));
        var before = first.Asked.Count();
        var (lan, other) = (MemoryNetworks.Lan(), MemoryNetworks.Lan("10.0.0.7", "lan1"));
        _networks.Set(lan, other);
        await AdvanceAsync(Mdns.Look + Second);
        Assert.That(_networks.Links, Has.Count.EqualTo(2));
        Assert.That(_networks.Links[other.Key].Asked, Is.Not.Empty);
        Assert.That(first.Asked.Count(), Is.GreaterThan(before));
        _networks.Set(other);
        await AdvanceAsync(Mdns.Look);
        Assert.That(_networks.Links.Keys, Is.EqualTo(new[] { other.Key }));
        _networks.Set(MemoryNetworks.Lan("10.0.0.8", "lan1"));
        await AdvanceAsync(Mdns.Look);
        Assert.That(_networks.Links.Keys, Has.None.EqualTo(other.Key), "it has another address");
        Assert.That(_mdns.Sites, Is.EqualTo(1));
    }

    [Test]
    public async Task Site_ThatFails_IsToldOf_AndTriedAgain()
    {
        _networks.IsDown = true;
        _mdns.Start();
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        Assert.That((_networks.Links.Count, Logged(3222)), Is.EqualTo((0, 1)));
        _networks.IsDown = false;
        await AdvanceAsync(Mdns.Look);
        var link = _networks.Link;
        link.IsBroken = true; // what is sent fails
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.That(Logged(3222), Is.InRange(2, 7));
        link.Break(); // and what is received
        await Patience.UntilAsync(() => _networks.Links.IsEmpty, "it is left");
        await AdvanceAsync(Mdns.Look + Second);
        Assert.That(_networks.Link, Is.Not.SameAs(link));
        Assert.That(_networks.Link.Asked, Is.Not.Empty);
    }

    [Test]
    public async Task End_TakesBackWhatWasTold()
    {
        await StartedAsync();
        var link = _networks.Link;
        await _mdns.DisposeAsync().SoonAsync();
        Assert.That(link.Sent.Last().Message.Records.Select(r => r.Ttl), Is.EqualTo(new uint[] { 0, 0 }));
    }

    private int Logged(int id) => _logs.Lines.Count(l => l.Event.Id == id);

    private PeerId Known()
    {
        var peer = TestIdentity.Fresh().Self;
        _peers.Add(peer);
        return peer;
    }

    private static byte[] Says(PeerId peer, int port = 1, uint ttl = 300) =>
        new PeerService(peer, new SeededChance(port)).Answer(
            Asked.Peers, [Multiaddr.Parse($"/ip4/192.168.1.9/tcp/{port}")], ttl);

    // It has asked, and told of itself.
    private async Task StartedAsync()
    {
        _mdns.Start();
        await Patience.UntilAsync(() => _networks.Links.Count == 1 && _time.Timers == 1, "it is about to ask");
        _time.Advance(_time.UntilNext!.Value);
        await Patience.UntilAsync(() => _time.Timers == 2, "it has asked, and will answer itself");
        _time.Advance(TimeSpan.FromMilliseconds(120));
        await Patience.UntilAsync(() => _networks.Link.Answers.Any(), "it has told of itself");
    }

    // All that was put in before is taken: what comes last is, too.
    private async Task HeardAsync()
    {
        var last = Known();
        _networks.Link.Put(Says(last));
        await Patience.UntilAsync(() => _mdns.Of(last).Count == 1, "the last one is heard");
    }

    // From timer to timer; between them all comes to rest, which is when its next timer is set.
    private async Task AdvanceAsync(TimeSpan by)
    {
        var until = _time.GetUtcNow() + by;
        while (true)
        {
            await Patience.UntilAsync(() => _time.Timers > 0, "it waits");
            var next = _time.UntilNext ?? TimeSpan.Zero;
            if (_time.GetUtcNow() + next > until) break;
            _time.Advance(next);
        }
        _time.Advance(until - _time.GetUtcNow());
    }
}
