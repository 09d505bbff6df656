using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginNode.Events;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>What nara's own code (github.com/eljojo/nara) wrote, and what was captured at a broker, byte for
/// byte.</summary>
[TestFixture]
internal sealed class NaraVectorTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "vectors");

    private static IEnumerable<TestCaseData> Requests => Ledger("LedgerRequest");

    private static IEnumerable<TestCaseData> Responses => Ledger("LedgerResponse");

    private static IEnumerable<TestCaseData> Lists => Partitions["lists"]!.AsArray().Select(v =>
        new TestCaseData(v!).SetArgDisplayNames((string)v!["name"]!));

    private static JsonNode Partitions => Read("partition-subjects.json");

    private static IEnumerable<string[]> Captured => File.ReadLines(Path.Combine(Folder, "mqtt-capture.tsv"))
        .Where(line => line.Length > 0).Select(line => line.Split('\t', 4));

    [TestCaseSource(nameof(Requests))]
    public void Request_ReadAndWritten_IsTheSameBytes(JsonNode v)
    {
        var text = (string)v["payload_text"]!;
        var request = NaraLedgerRequest.Read(Encoding.UTF8.GetBytes(text));
        Assert.That(request, Is.Not.Null);
        Assert.That(Encoding.UTF8.GetString(request!.ToJson()), Is.EqualTo(text));
    }

    [TestCaseSource(nameof(Responses))]
    public void Response_ReadAndWritten_IsTheSameBytes_AndHasTheIdsOfTheSignedEvents(JsonNode v)
    {
        var text = (string)v["payload_text"]!;
        var response = NaraLedgerResponse.Read(Encoding.UTF8.GetBytes(text));
        Assert.That(response, Is.Not.Null);
        Assert.That(Encoding.UTF8.GetString(response!.ToJson()), Is.EqualTo(text));
        var ids = v["ids"]?.AsArray().Select(i => (string)i!["sync_event_id_recomputed_by_receiver"]!) ?? [];
        Assert.That(response.Events.Select(e => e.Id.ToString()), Is.EqualTo(ids));
        Assert.That(NaraTopics.ResponseTo(((string)v["topic"]!).Split('/')[2]), Is.EqualTo((string)v["topic"]!));
    }

    [Test]
    public void Captured_LedgerMessages_ReadAndWritten_AreTheSameBytes()
    {
        var (requests, responses) = (0, 0);
        foreach (var line in Captured)
        {
            var (topic, payload) = (line[0], Encoding.UTF8.GetBytes(line[3]));
            if (topic.EndsWith("/request", StringComparison.Ordinal))
            {
                requests++;
                Assert.That(topic, Is.EqualTo(NaraTopics.RequestTo(topic.Split('/')[2])));
                Assert.That(NaraLedgerRequest.Read(payload)!.ToJson(), Is.EqualTo(payload));
            }
            else if (topic.EndsWith("/response", StringComparison.Ordinal))
            {
                responses++;
                Assert.That(NaraLedgerResponse.Read(payload)!.ToJson(), Is.EqualTo(payload));
            }
        }
        Assert.That((requests, responses), Is.EqualTo((2, 2)));
    }

    [Test]
    public void Captured_Shares_AreThoseOfThePartition()
    {
        var asked = Captured.Where(l => l[0].EndsWith("/request", StringComparison.Ordinal))
            .ToDictionary(l => l[0].Split('/')[2], l => NaraLedgerRequest.Read(Encoding.UTF8.GetBytes(l[3]))!.Subjects);
        var parts = Partition.Of(["em-000", "星-005", "rec"], 2);
        Assert.That(asked["em-000"], Is.EqualTo(parts[0]));
        Assert.That(asked["星-005"], Is.EqualTo(parts[1]));
    }

    [Test]
    public void SignedEvent_InTheOlderForm_IsWhatNaraSends_AndComesBackWithTheSameId()
    {
        var events = Read("ledger-mqtt.json").AsArray().Where(v => (string)v!["kind"]! == "SyncEvent").ToList();
        Assert.That(events, Has.Count.EqualTo(2));
        var older = Read("ledger-mqtt.json").AsArray().Single(v => (string)v!["name"]! == "response-alice")!;
        foreach (var v in events)
        {
            var json = JsonNode.Parse((string)v!["payload_text"]!)!;
            Assert.That(EventId.TryParse((string)json["id"]!, out var id), Is.True);
            var signed = new Event(
                id, (long)json["ts"]!, "social", (string)json["emitter"]!, "",
                Convert.FromBase64String((string)json["sig"]!), JsonSerializer.SerializeToUtf8Bytes(json["social"]));
            var social = NaraSocial.Of(signed)!;
            Assert.That(social.Id, Is.EqualTo(id));
            Assert.That((string)older["payload_text"]!, Does.Contain(Written(social)));
            var hearsay = JsonNode.Parse(social.ToUnsignedEvent())!;
            Assert.That((string)hearsay["id"]!, Is.EqualTo(id.ToString()));
            Assert.That(hearsay["emitter"] ?? hearsay["sig"], Is.Null);
            Assert.That((string)hearsay["social"]!["actor"]!, Is.EqualTo((string)json["social"]!["actor"]!));
        }
    }

    [TestCaseSource(nameof(Lists))]
    public void Partition_IsNarasOwn(JsonNode v)
    {
        var subjects = v["subjects"]!.AsArray().Select(s => (string)s!).ToList();
        var expected = v["partitions"]?.AsArray().Select(p => p!.AsArray().Select(s => (string)s!).ToList()) ?? [];
        Assert.That(Partition.Of(subjects, (int)v["n"]!), Is.EqualTo(expected));
    }

    [Test]
    public void Buckets_AreNarasOwn()
    {
        var all = Partitions["single"]!.AsArray();
        Assert.That(all, Is.Not.Empty);
        foreach (var v in all)
            foreach (var parts in (int[])[2, 3, 5, 8])
                Assert.That(
                    Partition.BucketOf((string)v!["subject"]!, parts), Is.EqualTo((int)v[$"bucket_of_{parts}"]!));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"From":7}""")]
    [TestCase("""{"From":"a","Events":{}}""")]
    [TestCase("""{"From":"a","Events":[7]}""")]
    [TestCase("""{"From":"a","Events":[{"Timestamp":1.5}]}""")]
    [TestCase("""{"From":"a","Events":[{"Actor":"\ud800"}]}""")]
    [TestCase("""{"From":"a","Events":[]} x""")]
    public void Response_ThatIsNone_IsNull(string text) =>
        Assert.That(NaraLedgerResponse.Read(Encoding.UTF8.GetBytes(text)), Is.Null);

    [TestCase("a/b")]
    [TestCase("a+")]
    [TestCase("#")]
    [TestCase("")]
    [TestCase("a\0b")]
    public void Name_ThatWouldMakeAnotherTopic_IsNone(string name) =>
        Assert.That(NaraTopics.IsName(name), Is.False);

    private static string Written(NaraSocial social)
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        social.WriteOlder(json);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static IEnumerable<TestCaseData> Ledger(string kind) => Read("ledger-mqtt.json").AsArray()
        .Where(v => (string)v!["kind"]! == kind)
        .Select(v => new TestCaseData(v!).SetArgDisplayNames((string)v!["name"]!));

    private static JsonNode Read(string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!["vectors"]!;
}
