using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Ledger;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Ledger;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EventIntakeTests
{
    private readonly LedgerNodeOptions _options = new();

    private EventMaker Alice => field ??= _options.Maker(2, "alice");

    private EventMaker Carol => field ??= _options.Maker(3, "carol");

    [Test]
    public async Task Merge_OfAKnownEmitter_IsMergedOnceAndThenADuplicate()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        Event[] events = [Alice.Tell("a"), Alice.Tell("b")];
        AssertReport(await node.MergeAsync([.. events, events[0]]), merged: 2, duplicates: 1);
        AssertReport(await node.MergeAsync(events), duplicates: 2);
        Assert.That(node.Index.AllIds(), Is.EquivalentTo(events.Select(e => e.Id)));
    }

    [Test]
    public async Task ADuplicate_CostsNoCheck()
    {
        var node = await LedgerNode.StartAsync(options: _options with { Checks = new CountedChecks() });
        var told = Alice.Tell("a");
        await node.MergeAsync(told);
        var counted = (CountedChecks)node.Options.Checks;
        var before = counted.Count;
        await node.MergeAsync(Enumerable.Repeat(told, 100));
        Assert.That((before, counted.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task AForgedCopy_NeverKeepsTheTrueEventOut()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var told = Alice.Tell("true");
        var (content, signature) = (Copy(told, data: """{"text":"false"}"""), Copy(told, signature: new byte[64]));
        var unsigned = Copy(told, signature: []);
        AssertReport(await node.MergeAsync(content, signature, unsigned), rejected:
        [
            EventVerdict.WrongId, EventVerdict.WrongSignature, EventVerdict.Unsigned,
        ]);
        AssertReport(await node.MergeAsync(content, signature, told, unsigned), merged: 1, rejected:
        [
            EventVerdict.WrongId, EventVerdict.WrongSignature, EventVerdict.Unsigned,
        ]);
        Assert.That(node.Index.Find(told.Id)!.Data.ToArray(), Is.EqualTo(told.Data.ToArray()));
        Assert.That(node.Intake.Counters.Rejected["beta"], Is.EquivalentTo(new Dictionary<EventVerdict, long>
        {
            [EventVerdict.WrongId] = 2, [EventVerdict.WrongSignature] = 2, [EventVerdict.Unsigned] = 2,
        }));
    }

    [Test]
    public async Task AnotherEmitter_SigningTheSameFactFirst_GivesWayToWhoDidIt()
    {
        _options.Peers.Add(new Peer("mallory", TestNode.IdOf(9), []));
        var node = await LedgerNode.StartAsync(options: _options);
        var told = Alice.Tell("report", """{"who":"alice","about":"x"}""");
        var stolen = Resigned(told, 9, "mallory");
        AssertReport(await node.MergeAsync(stolen), merged: 1);
        AssertReport(await node.MergeAsync(told), merged: 1);
        AssertReport(await node.MergeAsync(stolen), duplicates: 1);
        Assert.That(node.Index.Find(told.Id)!.Emitter, Is.EqualTo("alice"));
        Assert.That((await node.RestartAsync()).Index.Find(told.Id)!.Emitter, Is.EqualTo("alice"));
    }

    [Test]
    public async Task FurtherAheadThanFiveMinutes_IsRefused()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var clock = new ManualTimeProvider(_options.Time.GetUtcNow() + TimeSpan.FromMinutes(5));
        var ahead = new EventMaker(TestNode.IdentityOf(2), "alice", _options.Kinds, clock);
        var just = ahead.Tell("just within");
        clock.Advance(TimeSpan.FromMilliseconds(5));
        AssertReport(await node.MergeAsync(just, ahead.Tell("later")), merged: 1, rejected: [EventVerdict.AheadOfTime]);
    }

    [Test]
    public async Task AnUnknownEmitter_IsPending_UntilItsKeyComes()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        Event[] events = [Carol.Tell("a"), Carol.Tell("b")];
        var forged = Copy(events[0], signature: new byte[64]);
        AssertReport(await node.MergeAsync([forged, .. events, forged]), pending: 3, duplicates: 1);
        Assert.That((node.Index.Count, node.Intake.Pending.Count), Is.EqualTo((0, 3)));
        var report = await node.MergeAsync(Carol.Hello("carol", TestNode.IdOf(3)));
        AssertReport(report, merged: 1, freed: 2);
        Assert.That((node.Index.Count, node.Intake.Pending.Count), Is.EqualTo((3, 0)));
        Assert.That(node.Intake.Counters.Rejected["beta"][EventVerdict.WrongSignature], Is.EqualTo(1));
        Assert.That(node.Intake.Pending.Bytes, Is.Zero);
        Assert.That(node.Keys.Names(), Is.EqualTo(new[] { "carol" }), "and not those of the peer list");
    }

    [Test]
    public async Task AKeyInTheSameCall_IsLearnedForAllOfIt()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var report = await node.MergeAsync(Carol.Tell("a"), Carol.Hello("carol", TestNode.IdOf(3)), Carol.Tell("b"));
        AssertReport(report, merged: 3);
        Assert.That(node.Store.Commits, Is.LessThanOrEqualTo(2));
    }

    [Test]
    public async Task APinnedKey_OutlivesARestart_AndNoOtherTakesItsPlace()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        await node.MergeAsync(Carol.Hello("carol", TestNode.IdOf(3)));
        var again = await node.RestartAsync();
        var other = _options.Maker(4, "carol");
        AssertReport(
            await again.MergeAsync(other.Hello("carol", TestNode.IdOf(4)), other.Tell("lie"), Carol.Tell("truth")),
            merged: 1, rejected: [EventVerdict.OtherKey, EventVerdict.WrongSignature]);
        Assert.That((again.Keys.KeyOf("carol"), again.Keys.OtherKeys), Is.EqualTo((TestNode.IdOf(3), 1)));
    }

    [Test]
    public async Task APinnedKey_WhoseCommitFailed_IsKeptWithTheNext()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        node.Store.BeforeCommit = _ => throw new StoreFullException("full");
        Assert.That(
            async () => await node.MergeAsync(Carol.Hello("carol", TestNode.IdOf(3))),
            Throws.InstanceOf<StoreException>());
        node.Store.BeforeCommit = null;
        await node.MergeAsync(Alice.Tell("a"));
        Assert.That((await node.RestartAsync()).Keys.KeyOf("carol"), Is.EqualTo(TestNode.IdOf(3)));
    }

    [TestCase("alice", TestName = "a configured name")]
    [TestCase("self", TestName = "this node's own name")]
    public async Task AFixedKey_IsNotLearnedAnew(string name)
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var other = _options.Maker(4, name);
        AssertReport(await node.MergeAsync(other.Hello(name, TestNode.IdOf(4))), rejected: [EventVerdict.OtherKey]);
        Assert.That(node.Keys.Count, Is.Zero);
    }

    [Test]
    public async Task TrustConfigured_LearnsNothing_UntilTheOperatorAddsThePeer()
    {
        var options = _options with { Learns = false };
        var node = await LedgerNode.StartAsync(options: options);
        Event[] events = [Carol.Hello("carol", TestNode.IdOf(3)), Carol.Tell("a")];
        AssertReport(await node.MergeAsync(events), pending: 2);
        AssertReport(await node.Intake.RecheckAsync(CancellationToken.None));
        var with = await LedgerNode.StartAsync(
            options: options with { Peers = [new Peer("carol", TestNode.IdOf(3), [])], Pending = node.Intake.Pending });
        AssertReport(await with.Intake.RecheckAsync(CancellationToken.None), freed: 2);
        Assert.That(with.Index.Count, Is.EqualTo(2));
    }

    /// <summary>Signed with the key that it announces, under another name than the one that it announces it
    /// for.</summary>
    [Test]
    public async Task AKeyForSomebodyElsesName_IsNoAnnouncement()
    {
        _options.Peers.Add(new Peer("mallory", TestNode.IdOf(9), []));
        var node = await LedgerNode.StartAsync(options: _options);
        var hello = _options.Maker(9, "dave").Hello("dave", TestNode.IdOf(9));
        AssertReport(await node.MergeAsync(Resigned(hello, 9, "mallory")), merged: 1);
        AssertReport(await node.MergeAsync(Resigned(hello, 9, "nobody")), duplicates: 1);
        hello = Carol.Hello("carol", TestNode.IdOf(3));
        AssertReport(await node.MergeAsync(Resigned(hello, 3, "nobody")), pending: 1);
        Assert.That((node.Keys.Count, node.Keys.KeyOf("dave"), node.Keys.KeyOf("carol")), Is.EqualTo(
            (0, (PeerId?)null, (PeerId?)null)));
        AssertReport(await node.MergeAsync(hello), merged: 1);
        Assert.That(node.Keys.KeyOf("carol"), Is.EqualTo(TestNode.IdOf(3)), "who has it may still say so");
    }

    [Test]
    public async Task Voters_AreKnownByTheIdsThatTheirKeysClaimedFirst()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var agreed = Agreed("x", "name", at: 1000);
        AssertReport(await node.MergeAsync(agreed), pending: 1);
        AssertReport(await node.MergeAsync(Carol.Hello("carol", TestNode.IdOf(3), "id-3")), merged: 1);
        var dave = _options.Maker(4, "dave");
        AssertReport(await node.MergeAsync(dave.Hello("dave", TestNode.IdOf(4), "id-4")), merged: 1, freed: 1);
        Assert.That(node.Index.Find(agreed.Id), Is.Not.Null);

        var eve = _options.Maker(5, "eve");
        await node.MergeAsync(eve.Hello("eve", TestNode.IdOf(5), "id-3"));
        Assert.That(node.Keys.OtherIds, Is.EqualTo(1));
        Assert.That((await node.RestartAsync()).Keys.KeyOfMember("id-3"), Is.EqualTo(TestNode.IdOf(3)));
    }

    [Test]
    public async Task AnAttestation_ToldUnderOtherTimesAndNames_IsADuplicate()
    {
        _options.Peers.AddRange([new Peer("carol", TestNode.IdOf(3), []), new Peer("dave", TestNode.IdOf(4), [])]);
        var node = await LedgerNode.StartAsync(options: _options);
        await node.MergeAsync(
            Carol.Hello("carol", TestNode.IdOf(3), "id-3"),
            _options.Maker(4, "dave").Hello("dave", TestNode.IdOf(4), "id-4"));
        AssertReport(await node.MergeAsync(Agreed("x", "name", 1000)), merged: 1);
        AssertReport(
            await node.MergeAsync(Agreed("x", "other", 1000), Agreed("x", "name", 1), Agreed("x", "name", 2000)),
            duplicates: 3);
        AssertReport(await node.MergeAsync(Agreed("y", "name", 1), Agreed("y", "name", 2)), merged: 1, duplicates: 1);
    }

    [Test]
    public async Task Garbage_IsCountedAndNothingIsThrown()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        string[] garbage = ["", "{", "null", "[]", """{"id":"","ts":1,"svc":"x","data":1}""", new('[', 100_000)];
        var report = await node.Intake.MergeAsync(
            "beta", [.. garbage.Select(g => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(g))], CancellationToken.None);
        Assert.That(report.Rejected[EventVerdict.Malformed], Is.EqualTo(garbage.Length));
        Assert.That(node.Store.Commits, Is.Zero);
    }

    [Test]
    public async Task ATrueEventOfWhichOnePartIsWrong_IsNotMerged()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var told = Alice.Tell("ñ");
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        new EventCodec(_options.Kinds).Encode(told, json);
        var text = Encoding.UTF8.GetString(json.WrittenSpan);
        var (id, time, sig) = (
            told.Id.ToString(), $"{told.Timestamp}", Convert.ToBase64String(told.Signature.Span));
        (string Old, string New)[] wrongs =
        [
            (id, ""), (id, id[..8]), (id, id.ToUpperInvariant()), (id, id + "0"), ($"\"{id}\"", "7"),
            (time, "0"), (time, $"-{time}"), (time, $"{time}.5"), (time, $"\"{time}\""), (time, "9223372036854775807"),
            (time, "9223372036854775808"), (time, "1e400"), ("\"app\"", "\"\""), ("\"app\"", "null"),
            ("\"app\"", "\"a:b\""), ("\"app\"", "\"report\""), ("\"alice\"", "\"\""), ("\"alice\"", "\"Alice\""),
            ("\"alice\"", "\"\\ud800\""), ("\"alice\"", "{}"),
            (sig, ""), (sig, sig[..40]), (sig, sig.Replace('=', 'A')),
            ("\"data\":", "\"dato\":"), ("\"data\":", "\"data\":null,\"x\":"), ("\"data\":", "\"data\":1,\"Data\":"),
            ("ñ", "n\u0303"), ("ñ", "\\ud800"), ("ñ", "\0"), ("\"ñ\"", "1e400"), ("\"ñ\"", new string('[', 500)),
            ("\"ñ\"", $"\"{new string('x', 70_000)}\""), ("{", "[{"), ("{", "\uFEFF{"), ("{", "{{"),
        ];
        List<byte[]> all = [.. wrongs.Select(w => Encoding.UTF8.GetBytes(Replaced(text, w.Old, w.New)))];
        all.AddRange([Encoding.Latin1.GetBytes(text), Encoding.Unicode.GetBytes(text)]);
        all.Add(json.WrittenSpan[..^1].ToArray());

        var report = await node.Intake.MergeAsync(
            "beta", [.. all.Select(b => (ReadOnlyMemory<byte>)b)], CancellationToken.None);

        Assert.That((report.Received, report.Merged, report.Duplicates), Is.EqualTo((all.Count, 0, 0)));
        Assert.That((report.Pending, report.Rejected.Values.Sum()), Is.EqualTo((0, all.Count)));
        Assert.That((node.Index.Count, node.Store.Commits), Is.EqualTo((0, 0)));
        AssertReport(await node.MergeAsync(told), merged: 1);
    }

    private static string Replaced(string text, string old, string with)
    {
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThanOrEqualTo(0), old);
        return text[..at] + with + text[(at + old.Length)..];
    }

    [Test]
    public async Task Pending_IsBounded_InAllAndForOneEmitter()
    {
        var pending = new PendingEvents(new PendingLimits(Events: 20, EventsOfOne: 8));
        var node = await LedgerNode.StartAsync(options: _options with { Pending = pending });
        for (var i = 0; i < 20; i++) await node.MergeAsync(Carol.Tell($"{i}"));
        Assert.That(pending.Count, Is.EqualTo(8));
        for (var i = 0; i < 30; i++) await node.MergeAsync(_options.Maker(5, $"name-{i}").Tell("x"));
        Assert.That((pending.Count, pending.Dropped), Is.EqualTo((20, 30)));

        var small = new PendingEvents(new PendingLimits(Bytes: 2000));
        for (var i = 0; i < 30; i++) small.Add("carol", new PendingEvent(Carol.Tell($"{i}"), "beta"));
        Assert.That(small.Bytes, Is.InRange(1000, 2000));
    }

    [Test]
    public async Task OnAllCores_TheResultIsTheSame()
    {
        var events = Enumerable.Range(0, 300).Select(i => Alice.Tell($"{i}")).ToList();
        for (var i = 0; i < 300; i += 3) events[i] = Copy(events[i], signature: new byte[64]);
        var node = await LedgerNode.StartAsync(options: _options with { Checks = new ParallelSignatureChecks() });
        var report = await node.MergeAsync(events);
        Assert.That((report.Merged, report.Rejected[EventVerdict.WrongSignature]), Is.EqualTo((200, 100)));
    }

    /// <summary>Two nodes that are told the same, in any order and in any parts, end with the same ledger.</summary>
    [FsCheck.NUnit.Property(MaxTest = 15)]
    public async Task AnyOrderAndAnyParts_EndInTheSameLedger(int seed)
    {
        var random = new Random(seed);
        var dave = _options.Maker(4, "dave");
        var events = Enumerable.Range(0, 60).Select(i => (i % 3) switch
        {
            0 => Alice.Tell("report", $$"""{"who":"alice","about":"n{{random.Next(3)}}"}"""),
            1 => Carol.Tell($"{i}"),
            _ => dave.Tell($"{i}"),
        }).ToList();
        events.AddRange([Carol.Hello("carol", TestNode.IdOf(3)), dave.Hello("dave", TestNode.IdOf(4))]);
        events.Add(Copy(events[1], signature: new byte[64]));
        var (one, other) = (await ToldAsync(events, random), await ToldAsync(events, random));
        Assert.That(one.Index.AllIds(), Is.EqualTo(other.Index.AllIds()));
        Assert.That(one.Index.Days(), Is.EqualTo(other.Index.Days()));
        Assert.That(one.Index.Count, Is.LessThanOrEqualTo(42 + 15).And.GreaterThan(42));
        Assert.That((await one.RestartAsync()).Index.AllIds(), Is.EqualTo(one.Index.AllIds()));
    }

    private async Task<LedgerNode> ToldAsync(List<Event> events, Random random)
    {
        var node = await LedgerNode.StartAsync(options: _options with { Pending = new(new PendingLimits()) });
        var order = events.Concat(events.Where(_ => random.Next(4) == 0)).ToArray();
        random.Shuffle(order);
        for (var at = 0; at < order.Length;)
        {
            var part = order.Skip(at).Take(random.Next(1, 20)).ToList();
            at += part.Count;
            await node.MergeAsync(part);
        }
        return node;
    }

    private static void AssertReport(
        MergeReport report, int merged = 0, int duplicates = 0, int pending = 0, int freed = 0,
        EventVerdict[]? rejected = null)
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                (report.Merged, report.Duplicates, report.Pending, report.Freed, report.Pruned),
                Is.EqualTo((merged, duplicates, pending, freed, 0)));
            Assert.That(report.Rejected, Is.EquivalentTo((rejected ?? []).ToDictionary(r => r, _ => 1)));
            Assert.That(
                report.Received,
                Is.EqualTo(merged + duplicates + pending + report.Pruned + report.Rejected.Values.Sum()));
        });
    }

    private static Event Copy(Event e, string? data = null, byte[]? signature = null) => new(
        e.Id, e.Timestamp, e.Service, e.Emitter, e.EmitterId, signature ?? e.Signature.Span,
        data is null ? e.Data.Span : Encoding.UTF8.GetBytes(data));

    private Event Resigned(Event e, byte seed, string emitter)
    {
        var content = new System.Buffers.ArrayBufferWriter<byte>();
        _options.Kinds.Of(e.Service).Read(e.Data.Span, content);
        var (hash, signature) = (new byte[32], new byte[64]);
        EventIds.HashToSign(e.Id, e.Timestamp, e.Service, emitter, content.WrittenSpan, hash);
        using var identity = TestNode.IdentityOf(seed);
        identity.SignEventHash(hash, signature);
        return new Event(e.Id, e.Timestamp, e.Service, emitter, "", signature, e.Data.Span);
    }

    // Voters 3 and 4.
    private static Event Agreed(string what, string about, long at)
    {
        string Sign(byte seed)
        {
            var signature = new byte[64];
            using var key = Ed25519.ImportSeed([.. Enumerable.Repeat(seed, 32)]);
            Ed25519.Sign(key, LedgerKinds.StatementOf(what), signature);
            return Convert.ToHexString(signature);
        }
        var votes = $"\"voter\":\"id-3\",\"sig\":\"{Sign(3)}\",\"voter2\":\"id-4\",\"sig2\":\"{Sign(4)}\"";
        var data = $$"""{"what":"{{what}}","about":"{{about}}",{{votes}}}""";
        var id = EventIds.IdOf(at, "agreed", Encoding.UTF8.GetBytes(what));
        return new Event(id, at, "agreed", "", "", [], Encoding.UTF8.GetBytes(data));
    }

    private sealed class CountedChecks : ISignatureChecks
    {
        public string Name => "counted";

        public int Count { get; private set; }

        public Task RunAsync(int count, Action<int> check)
        {
            Count += count;
            return new InlineSignatureChecks().RunAsync(count, check);
        }
    }
}
