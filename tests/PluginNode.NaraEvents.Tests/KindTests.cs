using System.Globalization;
using System.Text;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Tests;

[TestFixture]
public sealed class KindTests
{
    private const string Key = "YMeOGobWbgA5laI3ALxGC3K4CFLiejLIq4Sce+Tgzos=";

    public static IEnumerable<TestCaseData> RoundTrips => Vectors.Of("ping-rtt-format")
        .Select((v, i) => new TestCaseData((string)v["bits_hex"]!, (string)v["json"]!, (string)v["formatted"]!)
            .SetArgDisplayNames($"{i}: {v["json"]}"));

    [Test]
    public void Plugin_ProvidesTheSevenKinds() => Assert.That(
        Nara.Kinds.Services,
        Is.EqualTo(["chau", "checkpoint", "hey-there", "observation", "ping", "seen", "social"]));

    [TestCaseSource(nameof(RoundTrips))]
    public void Read_RoundTripTime_IsFormattedAsGoDoes(string bits, string json, string formatted)
    {
        var value = BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber));
        var (reading, content) = Nara.Read("ping", $$"""{"observer":"a","target":"b","rtt":{{json}}}""");
        Assert.Multiple(() =>
        {
            Assert.That(double.Parse(json, CultureInfo.InvariantCulture), Is.EqualTo(value), "the vector itself");
            Assert.That(content, Is.EqualTo($"a:b:{formatted}"));
            Assert.That(reading.IsValid, Is.EqualTo(value > 0));
        });
    }

    [TestCase("social", """{"type":"tease","actor":"a","target":"b"}""", "a", "b", EventImportance.Normal)]
    [TestCase("ping", """{"observer":"a","target":"b","rtt":1}""", "a", "b", EventImportance.Fleeting)]
    [TestCase("seen", """{"observer":"a","subject":"b","via":"x"}""", "a", "b", EventImportance.Low)]
    [TestCase("hey-there", $$"""{"From":"a","PublicKey":"{{Key}}"}""", "a", "a", EventImportance.High)]
    [TestCase("chau", """{"From":"a"}""", "a", "a", EventImportance.High)]
    [TestCase(
        "observation",
        """{"observer":"a","subject":"b","type":"status-change","importance":3,"online_state":"ONLINE"}""",
        "a", "b", EventImportance.High)]
    [TestCase(
        "observation", """{"observer":"a","subject":"b","type":"restart","importance":1,"start_time":1}""",
        "a", "b", EventImportance.Critical)]
    [TestCase(
        "observation", """{"observer":"a","subject":"b","type":"first-seen","importance":1,"start_time":1}""",
        "a", "b", EventImportance.Critical)]
    [TestCase("checkpoint", """{"subject":"b","as_of_time":1}""", "", "b", EventImportance.Critical)]
    public void Read_Valid_SaysWhoWhomAndHowImportant(
        string service, string data, string actor, string target, EventImportance importance)
    {
        var (reading, _) = Nara.Read(service, data);
        Assert.That(reading, Is.EqualTo(EventReading.Valid(actor, target, importance)), reading.Problem);
    }

    [TestCase("social", """{"type":"shout","actor":"a","target":"b"}""", "type")]
    [TestCase("social", """{"type":"tease","actor":"a"}""", "target")]
    [TestCase("social", """{"type":"tease","actor":"a","target":null}""", "target")]
    [TestCase("social", """{"type":"tease","actor":1,"target":"b"}""", "actor")]
    [TestCase("social", """{"type":"tease","actor":"a","target":"b","actor_id":5}""", "actor_id")]
    [TestCase("social", """{"type":"tease","actor":"a","Actor":"c","target":"b"}""", "actor")]
    [TestCase("social", """{"type":"tease","actor":"a","\u0061ctor":"c","target":"b"}""", "actor")]
    [TestCase("social", """{"type":"tease","actor":"a","target":"b","reaſon":"x","reason":"y"}""", "reason")]
    [TestCase("social", """{"type":"tease","actor":"\ud800","target":"b"}""", "actor")]
    [TestCase("social", "[]", "object")]
    [TestCase("social", "null", "object")]
    [TestCase("social", "", "JSON")]
    [TestCase("social", """{"type":"tease"} {}""", "JSON")]
    [TestCase("ping", """{"observer":"a","target":"b","rtt":"1"}""", "rtt")]
    [TestCase("ping", """{"observer":"a","target":"b","rtt":1e999}""", "rtt")]
    [TestCase("ping", """{"observer":"a","target":"b","rtt":-1}""", "rtt")]
    [TestCase("ping", """{"observer":"","target":"b","rtt":1}""", "observer")]
    [TestCase("seen", """{"observer":"a","subject":"b"}""", "via")]
    [TestCase("observation", """{"observer":"a","subject":"b","type":"x","importance":1,"start_time":1}""", "type")]
    [TestCase(
        "observation", """{"observer":"a","subject":"b","type":"restart","importance":4,"start_time":1}""",
        "importance")]
    [TestCase(
        "observation", """{"observer":"a","subject":"b","type":"restart","importance":1.0,"start_time":1}""",
        "importance")]
    [TestCase("observation", """{"observer":"a","subject":"b","type":"restart","importance":1}""", "start_time")]
    [TestCase(
        "observation",
        """{"observer":"a","subject":"b","type":"restart","importance":1,"start_time":9223372036854775808}""",
        "start_time")]
    [TestCase(
        "observation",
        """{"observer":"a","subject":"b","type":"restart","importance":1,"start_time":1,"restart_num":-1}""",
        "restart_num")]
    [TestCase(
        "observation",
        """{"observer":"a","subject":"b","type":"first-seen","importance":1,"start_time":1,"observer_uptime":-1}""",
        "observer_uptime")]
    [TestCase(
        "observation",
        """{"observer":"a","subject":"b","type":"first-seen","importance":1,"start_time":1,"is_backfill":1}""",
        "is_backfill")]
    [TestCase("hey-there", """{"From":"a"}""", "PublicKey")]
    [TestCase("hey-there", """{"From":"a","PublicKey":"AAAA"}""", "PublicKey")]
    [TestCase("hey-there", $$"""{"PublicKey":"{{Key}}"}""", "From")]
    [TestCase("chau", """{"PublicKey":""}""", "From")]
    [TestCase("checkpoint", """{"subject":"a","as_of_time":1,"voter_ids":["v"],"signatures":[1]}""", "signatures")]
    [TestCase(
        "checkpoint", """{"subject":"a","as_of_time":1,"observation":{"last_seen":"x"}}""", "observation.last_seen")]
    public void Read_NotValid_NamesTheMember(string service, string data, string named)
    {
        var (reading, _) = Nara.Read(service, data);
        Assert.That(reading.Problem, Does.Contain(named).And.Not.Contain("\n"));
    }

    [Test]
    public void Read_IntegersBeyondADouble_StayExact()
    {
        var (_, content) = Nara.Read(
            "observation",
            """
            {"observer":"a","subject":"b","type":"restart","importance":1,
             "restart_num":9007199254740993,"start_time":9223372036854775807}
            """);
        Assert.That(content, Is.EqualTo("b:restart:9007199254740993:9223372036854775807"));
    }

    [Test]
    public void Read_OtherSpellingsOfNames_AreTheSameMembers()
    {
        var (reading, content) = Nara.Read(
            "social", """{"TYPE":"tease","Actor":"a","\u0074arget":"b","REA\u017fON":"\u00e9\"\ud83d\ude08"}""");
        Assert.That((reading.Problem, content), Is.EqualTo(((string?)null, "tease:a:b:é\"😈:")));
    }

    [Test]
    public void ReadKey_HeyThere_GivesNameKeyAndClaimedId()
    {
        var vector = new EventVector(Vectors.Of("events-hey-there")[3]); // ñandú-7
        var decoded = Nara.Decode(vector.Json);
        var key = EventVerifier.OwnKey(decoded, Nara.Kinds.Of("hey-there"));
        Assert.That(key, Is.EqualTo(new AnnouncedKey(
            "ñandú-7", Vectors.Keys["ñandú-7"], "5mGmJo8mB6v5kocfe3sG2oQas8vALJhpA7nNgeoQ9SiS")));
        var check = EventVerifier.Check(decoded, Nara.Kinds.Of("hey-there"), key!.Value.Key, _ => null);
        Assert.That(check.Verdict, Is.EqualTo(EventVerdict.Valid));
    }

    [Test]
    public void OwnKey_NameOfSomebodyElse_IsNone()
    {
        var bobAsAlice = Vectors.Of("events-hey-there").Single(v => (string)v["name"]! == "hey-other-emitter");
        var decoded = Nara.Decode(new EventVector(bobAsAlice).Json);
        Assert.That(EventVerifier.OwnKey(decoded, Nara.Kinds.Of("hey-there")), Is.Null);
    }

    [Test]
    public void Check_ManyEvents_AllocatesLittle()
    {
        var decoded = Nara.Decode(new EventVector(Vectors.Of("events-observation")[0]).Json);
        var kind = Nara.Kinds.Of("observation");
        for (var i = 0; i < 100; i++) EventVerifier.CheckContent(decoded, kind);
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int rounds = 1000;
        for (var i = 0; i < rounds; i++) EventVerifier.CheckContent(decoded, kind);
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / rounds, Is.LessThan(160));
    }

    [Test]
    public void Decode_ManyEvents_AllocatesWhatItKeeps()
    {
        var json = Encoding.UTF8.GetBytes(new EventVector(Vectors.Of("events-observation")[0]).Json);
        for (var i = 0; i < 100; i++) Nara.Codec.Decode(json);
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int rounds = 1000;
        for (var i = 0; i < rounds; i++) Nara.Codec.Decode(json);
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / rounds, Is.LessThan(json.Length + 300));
    }
}
