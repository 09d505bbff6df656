using System.Buffers;
using System.Text;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Events;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EventMakerTests : IDisposable
{
    private readonly NodeIdentity _identity = TestNode.IdentityOf(7);
    private readonly SettableClock _clock = new();
    private readonly EventKinds _kinds = new();
    private EventMaker? _maker;

    public void Dispose() => _identity.Dispose();

    [Test]
    public void Make_ApplicationsEvent_IsOneThatVerifies()
    {
        var made = Made("app.orders", """{"z":1.0,"a":"ñ"}""");
        var check = Check(made, _identity.Self);
        Assert.Multiple(() =>
        {
            Assert.That(check.Verdict, Is.EqualTo(EventVerdict.Valid), check.Reason);
            Assert.That((made.Emitter, made.Service), Is.EqualTo(("alpha", "app.orders")));
            Assert.That(made.Timestamp, Is.EqualTo(1_767_225_600_000_000_000)); // 2026-01-01
            Assert.That(
                made.Id, Is.EqualTo(EventIds.IdOf(made.Timestamp, "app.orders", """alpha:{"a":"ñ","z":1}"""u8)));
            Assert.That(Check(made, TestNode.IdOf(8)).Verdict, Is.EqualTo(EventVerdict.WrongSignature));
        });
    }

    [TestCase("null")]
    [TestCase("false")]
    [TestCase(""" "" """)]
    [TestCase("[]")]
    [TestCase("""{"a":null,"":"\u0000\u2028","\ud83d\ude00":0.1e-400,"n":-0.0,"m":9007199254740992}""")]
    [TestCase("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    public void Make_WhateverItMakes_EveryOtherNodeReads(string data)
    {
        foreach (var service in (string[])["app", "id", " ", "ü"])
        {
            if (Maker().Make(service, Encoding.UTF8.GetBytes(data)).Event is not { } made) continue;
            var json = new ArrayBufferWriter<byte>();
            new EventCodec(_kinds).Encode(made, json);
            var read = new EventCodec(_kinds).Decode(json.WrittenSpan);
            Assert.That(read.Event, Is.Not.Null, read.Reason);
            Assert.That(Check(read.Event!, _identity.Self).Verdict, Is.EqualTo(EventVerdict.Valid));
        }
    }

    [Test]
    public void Make_TheSameDataAtTheSameTimeByAnother_IsAnotherEvent()
    {
        var made = Made("app", "1");
        using var other = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)9, 32)]);
        var copy = new EventMaker(other, "liar", _kinds, _clock).Make("app", "1"u8).Event!;
        Assert.That(copy.Timestamp, Is.EqualTo(made.Timestamp));
        Assert.That(copy.Id, Is.Not.EqualTo(made.Id));
    }

    [Test]
    public void Make_OtherSpellingOfTheData_HasTheSameId()
    {
        var made = Made("app", """{"z":1.0,"a":"\u00f1"}""");
        var respelled = new Event(
            made.Id, made.Timestamp, "app", "alpha", "", made.Signature.Span, """{ "a" : "ñ", "z" : 1 }"""u8);
        Assert.That(Check(respelled, _identity.Self).Verdict, Is.EqualTo(EventVerdict.Valid));
    }

    [Test]
    public void Make_AtTheSameInstant_AreTwoEvents()
    {
        var (one, other) = (Made("app", "1"), Made("app", "1"));
        Assert.That(other.Timestamp, Is.EqualTo(one.Timestamp + 1));
        Assert.That(other.Id, Is.Not.EqualTo(one.Id));
    }

    [Test]
    public void Make_ClockWasSetBack_FollowsIt()
    {
        var before = Made("app", "1");
        _clock.Now -= TimeSpan.FromHours(1);
        Assert.That(Made("app", "1").Timestamp, Is.EqualTo(before.Timestamp - 3_600_000_000_000));
    }

    [TestCase("", "1", EventVerdict.Malformed)]
    [TestCase("a:b", "1", EventVerdict.Malformed)]
    [TestCase("app", "", EventVerdict.TooLarge)]
    [TestCase("app", "{", EventVerdict.Malformed)]
    [TestCase("app", "1 2", EventVerdict.Malformed)]
    [TestCase("app", " null ", EventVerdict.Malformed)]
    [TestCase("app", """{"a":"\ud800"}""", EventVerdict.NotValid)]
    [TestCase("app", "9007199254740993", EventVerdict.NotValid)]
    [TestCase("app", """{"a":1,"a":1}""", EventVerdict.NotValid)]
    [TestCase("broken", "1", EventVerdict.NotVouched)]
    public void Make_WhatCannotBe_IsRefusedWithAReason(string service, string data, EventVerdict verdict)
    {
        _kinds.Add(new BrokenKind(_ => { }), "test");
        var made = Maker().Make(service, Encoding.UTF8.GetBytes(data));
        Assert.That((made.Event, made.Verdict), Is.EqualTo(((Event?)null, verdict)));
        Assert.That(made.Reason, Is.Not.Empty);
    }

    [Test]
    public void Make_SomebodyElsesKey_IsRefused()
    {
        _kinds.Add(new KeyedKind(new AnnouncedKey("alpha", TestNode.IdOf(8), "")), "test");
        Assert.That(Maker().Make("keyed", "1"u8).Verdict, Is.EqualTo(EventVerdict.NotValid));
        var other = new EventKinds();
        other.Add(new KeyedKind(new AnnouncedKey("alpha", _identity.Self, "")), "test");
        Assert.That(new EventMaker(_identity, "alpha", other, _clock).Make("keyed", "1"u8).Event, Is.Not.Null);
    }

    [Test]
    public void CheckContent_KindThatThrowsOrNeverEnds_IsNotValid()
    {
        var made = Made("app", "1");
        var broken = new BrokenKind[]
        {
            new(_ => throw new NotSupportedException("no reading")),
            new(content =>
            {
                while (true) content.Write("0123456789"u8);
            }),
            new(content => content.GetSpan(2 << 20)),
        };
        foreach (var kind in broken)
        {
            var check = EventVerifier.CheckContent(made, kind);
            Assert.That(check.Verdict, Is.EqualTo(EventVerdict.NotValid));
            Assert.That(check.Reason, Does.Contain("event kind"));
        }
    }

    [Test]
    public void CheckContent_BufferIsKept_IsNotWrittenLater()
    {
        IBufferWriter<byte>? kept = null;
        EventVerifier.CheckContent(Made("app", "1"), new BrokenKind(content => kept = content));
        Assert.That(() => kept!.GetSpan(1), Throws.InvalidOperationException);
    }

    [Test]
    public void Check_KindThatThrowsAtItsAbilities_IsNotValidAndHasNoKey()
    {
        var kind = new BrokenKind(content => content.Write("alpha:1"u8));
        var made = Made("app", "1"); // its content is the same
        Assert.Multiple(() =>
        {
            Assert.That(EventVerifier.Check(made, kind, null, _ => null).Verdict, Is.EqualTo(EventVerdict.NotValid));
            Assert.That(EventVerifier.OwnKey(made, kind), Is.Null);
        });
    }

    private EventCheck Check(Event @event, PeerId key) =>
        EventVerifier.Check(@event, _kinds.Of(@event.Service), key, _ => null);

    private Event Made(string service, string data)
    {
        _maker ??= Maker();
        var made = _maker.Make(service, Encoding.UTF8.GetBytes(data));
        Assert.That(made.Event, Is.Not.Null, made.Reason);
        return made.Event!;
    }

    private EventMaker Maker() => new(_identity, "alpha", _kinds, _clock);

    private sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class KeyedKind(AnnouncedKey key) : IEventKind, IKeyedKind
    {
        public string Service => "keyed";

        public string Member => "keyed";

        public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content) =>
            EventReading.Valid("", "", EventImportance.High);

        public AnnouncedKey? ReadKey(ReadOnlySpan<byte> data) => key;
    }
}
