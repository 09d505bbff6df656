using System.Buffers;
using System.Text;
using PluginNode.Events;

namespace PluginNode.Kernel.Tests.Events;

[TestFixture]
public sealed class EventCodecTests
{
    private const string Id = "00112233445566778899aabbccddeeff";
    private static readonly string Signature = Convert.ToBase64String(new byte[64]);
    private static readonly EventCodec Codec = new(Kinds());

    [Test]
    public void Decode_WholeEvent_GivesWhatStandsThere()
    {
        var data = """{ "b" : [1, 2.50],"a":"\u00e9" }""";
        var decoded = Decoded(
            $$"""
            {"id":"{{Id}}","ts":9223372036854775807,"svc":"app","emitter":"ñandú","emitter_id":"x",
             "sig":"{{Signature}}","data": {{data}} }
            """);
        Assert.Multiple(() =>
        {
            Assert.That(decoded.Id.ToString(), Is.EqualTo(Id));
            Assert.That(decoded.Timestamp, Is.EqualTo(long.MaxValue));
            Assert.That((decoded.Service, decoded.Emitter, decoded.EmitterId), Is.EqualTo(("app", "ñandú", "x")));
            Assert.That(decoded.Signature.ToArray(), Is.EqualTo(new byte[64]));
            Assert.That(Encoding.UTF8.GetString(decoded.Data.Span), Is.EqualTo(data), "exactly as it was received");
        });
    }

    [TestCase("""{"DATA":1,"SVC":"app","Ts":1,"iD":"$"}""")] // in any case, and in any order
    [TestCase("""{"data":1,"\u0073vc":"a\u0070p","ts":1,"id":"$"}""")] // escaped
    [TestCase("""{"data":1,"ſvc":"app","ts":1,"id":"$"}""")] // as Go folds letters
    [TestCase("""{"new":{"id":"x"},"data":1,"svc":"app","ts":1,"id":"$","other":[1e999]}""")] // with members of others
    [TestCase("""{"data":1,"svc":"app","ts":1,"id":"$","emitter":null,"sig":null,"emitter_id":null}""")]
    public void Decode_OtherSpelling_IsTheSameEvent(string json)
    {
        var decoded = Decoded(json.Replace("$", Id));
        Assert.That(Encoded(decoded), Is.EqualTo($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":1}"""));
    }

    [TestCase("", "JSON")]
    [TestCase("[]", "object")]
    [TestCase("null", "object")]
    [TestCase("{", "JSON")]
    [TestCase("{\"id\":}", "JSON")]
    [TestCase("\uFEFF{}", "JSON")]
    [TestCase("""{"ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"","ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"abc","ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"$0","ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"0x112233445566778899aabbccddeeff","ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"00112233445566778899AABBCCDDEEFF","ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"０0112233445566778899aabbccddee","ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":7,"ts":1,"svc":"app","data":1}""", "id")]
    [TestCase("""{"id":"$","svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":0,"svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":-1,"svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":1.5,"svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":1e3,"svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":9223372036854775808,"svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":"1","svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":null,"svc":"app","data":1}""", "ts")]
    [TestCase("""{"id":"$","ts":1,"data":1}""", "svc")]
    [TestCase("""{"id":"$","ts":1,"svc":"","data":1}""", "svc")]
    [TestCase("""{"id":"$","ts":1,"svc":"a:b","data":1}""", "svc")]
    [TestCase("""{"id":"$","ts":1,"svc":"a\u0000","data":1}""", "svc")]
    [TestCase("""{"id":"$","ts":1,"svc":"\udc00","data":1}""", "svc")]
    [TestCase("""{"id":"$","ts":1,"svc":["app"],"data":1}""", "svc")]
    [TestCase("""{"id":"$","ts":1,"svc":"app"}""", "data")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":null}""", "data")]
    [TestCase("""{"id":"$","ts":1,"svc":"known","data":1}""", "known_member")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1,"Data":2}""", "twice")]
    [TestCase("""{"data":1,"id":"$","ts":1,"svc":"app","data":1}""", "twice")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1,"TS":1}""", "twice")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","ſvc":"other","data":1}""", "twice")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1,"emitter":{}}""", "emitter")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1,"emitter":"\ud83d"}""", "emitter")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1}}""", "JSON")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1} {}""", "JSON")]
    [TestCase("""{"id":"$","ts":1,"svc":"app","data":1,}""", "JSON")]
    [TestCase("""{"id":"$","ts":1,"svc":"app",/**/"data":1}""", "JSON")]
    public void Decode_NoEvent_IsRefusedWithAReason(string json, string named) =>
        AssertRefused(Encoding.UTF8.GetBytes(json.Replace("$", Id)), EventVerdict.Malformed, named);

    [TestCase("YQ==")]
    [TestCase("%%%")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // no padding
    public void Decode_NoSignature_IsAWrongOne(string signature) => AssertRefused(
        Encoding.UTF8.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":1,"sig":"{{signature}}"}"""),
        EventVerdict.WrongSignature, "sig");

    [Test]
    public void Decode_NotUtf8_IsRefused()
    {
        var json = Encoding.Latin1.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":1,"emitter":"é"}""");
        AssertRefused(json, EventVerdict.Malformed, "UTF-8");
        AssertRefused(Encoding.Unicode.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":1}"""),
            EventVerdict.Malformed, "JSON");
    }

    [Test]
    public void Decode_TooLarge_IsRefusedBeforeItIsRead()
    {
        static string Of(string member, int bytes) =>
            $$"""{"id":"{{Id}}","ts":1,"svc":"app","data":1,"{{member}}":"{{new string('x', bytes)}}"}""";
        foreach (var member in new[] { "emitter", "emitter_id", "sig" })
            AssertRefused(Encoding.UTF8.GetBytes(Of(member, 257)), EventVerdict.TooLarge, member);
        AssertRefused(
            Encoding.UTF8.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"{{new string('x', 65)}}","data":1}"""),
            EventVerdict.TooLarge, "svc");
        AssertRefused(
            Encoding.UTF8.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":"{{new string('x', 1 << 16)}}"}"""),
            EventVerdict.TooLarge, "data");
        var endless = Encoding.UTF8.GetBytes(Of("junk", 10 << 20));
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(endless, EventVerdict.TooLarge, "event");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000));
    }

    [Test]
    public void Decode_EscapesThatHideLength_AreBounded()
    {
        var escaped = string.Concat(Enumerable.Repeat("\\u00e9", 129)); // 258 bytes
        AssertRefused(
            Encoding.UTF8.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":1,"emitter":"{{escaped}}"}"""),
            EventVerdict.TooLarge, "emitter");
    }

    [TestCase("[")]
    [TestCase("{\"a\":")]
    public void Decode_Deep_IsRefused(string opening)
    {
        var deep = string.Concat(Enumerable.Repeat(opening, 20_000));
        AssertRefused(
            Encoding.UTF8.GetBytes($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":{{deep}}"""),
            EventVerdict.Malformed, "JSON");
        var most = new string('[', CanonicalJson.MaxDepth) + new string(']', CanonicalJson.MaxDepth);
        var decoded = Decoded($$"""{"id":"{{Id}}","ts":1,"svc":"app","data":{{most}}}""");
        Assert.That(CanonicalJson.Problem(decoded.Data.Span), Is.Null, "what is decoded is shallow enough for kinds");
    }

    [Test]
    public void Decode_EveryPrefixAndEveryByteChanged_IsAnswered()
    {
        var json = Encoding.UTF8.GetBytes(
            $$"""{"id":"{{Id}}","ts":1,"svc":"app","emitter":"\u00e9é","sig":"{{Signature}}","data":{"a":["é",1]} }""");
        var (events, refused) = (0, 0);
        for (var length = 0; length < json.Length; length++)
            Assert.That(Codec.Decode(json.AsSpan(0, length)).Reason, Is.Not.Null);
        for (var at = 0; at < json.Length; at++)
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])json.Clone();
                changed[at] = (byte)value;
                var decoded = Codec.Decode(changed);
                if (decoded.Event is null)
                {
                    refused++;
                    continue;
                }
                events++;
                Assert.That(Codec.Decode(Bytes(decoded.Event)).Event, Is.Not.Null, "what is taken can be passed on");
            }
        Assert.That(Math.Min(events, refused), Is.GreaterThan(1000), "both happen");
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool EncodeThenDecode_AnyEvent_GivesTheSame(int seed)
    {
        var (some, chance) = (new SomeJson(seed), new Random(seed));
        var (id, signature) = (new byte[16], new byte[chance.Next(2) * 64]);
        chance.NextBytes(id);
        chance.NextBytes(signature);
        var service = chance.Next(2) == 0
            ? "known" : "s" + string.Concat(some.Name(20).Where(c => c != ':' && !char.IsControl(c)));
        var made = new Event(
            EventId.FromHash(id), chance.NextInt64(1, long.MaxValue), service, some.Name(80), some.Name(80), signature,
            Encoding.UTF8.GetBytes(some.Object()));
        var read = Codec.Decode(Bytes(made)).Event!;
        return read.Id == made.Id && read.Timestamp == made.Timestamp && read.Service == made.Service
            && read.Emitter == made.Emitter && read.EmitterId == made.EmitterId
            && read.Signature.Span.SequenceEqual(made.Signature.Span) && read.Data.Span.SequenceEqual(made.Data.Span)
            && Encoded(read) == Encoded(made);
    }

    [Test]
    public void Decode_SameNames_ShareTheirText()
    {
        var json = $$"""{"id":"{{Id}}","ts":1,"svc":"app","emitter":"ñandú","data":1}""";
        var (one, other) = (Decoded(json), Decoded(json));
        Assert.Multiple(() =>
        {
            Assert.That(one.Emitter, Is.SameAs(other.Emitter));
            Assert.That(one.Service, Is.SameAs(other.Service));
        });
    }

    private static EventKinds Kinds()
    {
        var kinds = new EventKinds();
        Assert.That(kinds.Add(new RawKind("known", "known_member"), "test"), Is.Null);
        return kinds;
    }

    private static Event Decoded(string json)
    {
        var decoded = Codec.Decode(Encoding.UTF8.GetBytes(json));
        Assert.That(decoded.Event, Is.Not.Null, decoded.Reason);
        return decoded.Event!;
    }

    private static string Encoded(Event @event) => Encoding.UTF8.GetString(Bytes(@event));

    private static byte[] Bytes(Event @event)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(@event, output);
        return output.WrittenSpan.ToArray();
    }

    private static void AssertRefused(byte[] json, EventVerdict verdict, string named)
    {
        var decoded = Codec.Decode(json);
        Assert.That((decoded.Event, decoded.Verdict), Is.EqualTo(((Event?)null, verdict)), decoded.Reason);
        Assert.That(decoded.Reason, Does.Contain(named).And.Not.Contain("\n").And.Length.LessThan(300));
    }
}
