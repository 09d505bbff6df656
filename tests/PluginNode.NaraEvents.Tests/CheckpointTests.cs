using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Tests;

[TestFixture]
public sealed class CheckpointTests
{
    private static readonly EventVector Five = Vector("v2-first");
    private static readonly EventVector Signed = Vector("v2-signed-envelope");

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Checkpoints))]
    public void ReadVotes_Vector_GivesEachVotersAttestation(EventVector vector)
    {
        var vouching = VotesOf(Nara.Decode(vector.Json));
        Assert.Multiple(() =>
        {
            Assert.That(vouching.Required, Is.EqualTo(2));
            Assert.That(
                vouching.Votes.Select(v => (v.Voter, Encoding.UTF8.GetString(v.Statement.Span))), Is.EqualTo(
                vector.Voters.Select(v => ((string)v!["voter_id"]!, (string)v["attestation_string"]!))));
            Assert.That(
                vouching.Votes.Select(v => Convert.ToBase64String(v.Signature.Span)), Is.EqualTo(
                vector.Voters.Select(v => (string)v!["signature"]!)));
        });
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Checkpoints))]
    public void Check_OneOfTheVotersAtATime_IsAsNaraSays(EventVector vector)
    {
        // With one vote required, each voter's own verdict shows.
        foreach (var voter in vector.Voters)
        {
            var id = (string)voter!["voter_id"]!;
            var check = EventVerifier.Check(
                Unsigned(vector), new OneVote(id), null, n => n == id ? Vectors.KeyOf(n) : null);
            Assert.That(
                check.Verdict,
                Is.EqualTo((bool)voter["valid"]! ? EventVerdict.Valid : EventVerdict.NotVouched),
                $"{vector.Name} {id}");
        }
    }

    [Test]
    public void Check_OneVoterTwice_IsOneVoter()
    {
        var check = Check(Altered(Five, c =>
        {
            c["voter_ids"] = new JsonArray((string)c["voter_ids"]![0]!, (string)c["voter_ids"]![0]!);
            c["signatures"] = new JsonArray((string)c["signatures"]![0]!, (string)c["signatures"]![0]!);
        }));
        Assert.That(check.Verdict, Is.EqualTo(EventVerdict.NotVouched));
    }

    [TestCase(0, EventVerdict.UnknownKey)]
    [TestCase(1, EventVerdict.UnknownKey)]
    [TestCase(2, EventVerdict.Valid)]
    public void Check_SomeVotersKnown_NeedsTwo(int known, EventVerdict expected)
    {
        var names = Five.Voters.Select(v => (string)v!["voter_id"]!).Take(known).ToHashSet(StringComparer.Ordinal);
        var check = EventVerifier.Check(
            Nara.Decode(Five.Json), Kind, null, n => names.Contains(n) ? Vectors.KeyOf(n) : null);
        Assert.That(check.Verdict, Is.EqualTo(expected));
    }

    [Test]
    public void Check_SomeSignaturesAreNone_TheOthersCount()
    {
        var check = Check(Altered(Five, c =>
        {
            c["signatures"]![0] = "";
            c["signatures"]![1] = "%%%";
            c["signatures"]![2] = "c2hvcnQ=";
        }));
        Assert.That(check.Verdict, Is.EqualTo(EventVerdict.Valid));
    }

    [Test]
    public void Check_StateChanged_IsCaughtByItsId()
    {
        var check = Check(Altered(Five, c => c["observation"]!["restarts"] = 1));
        Assert.That(check.Verdict, Is.EqualTo(EventVerdict.WrongId));
    }

    [TestCase("mallory", EventVerdict.UnknownKey)]
    [TestCase("bob", EventVerdict.WrongSignature)]
    [TestCase("alice", EventVerdict.Valid)]
    public void Check_NamesAnEmitter_WhoMustHaveSigned(string emitter, EventVerdict expected)
    {
        var json = JsonNode.Parse(Signed.Json)!;
        json["emitter"] = emitter;
        Assert.That(Check(Nara.Decode(json.ToJsonString())).Verdict, Is.EqualTo(expected));
    }

    [Test]
    public void Check_NamesAnEmitterWithoutSignature_IsHearsay()
    {
        var json = JsonNode.Parse(Five.Json)!;
        json["emitter"] = "alice";
        Assert.That(Check(Nara.Decode(json.ToJsonString())).Verdict, Is.EqualTo(EventVerdict.Unsigned));
    }

    [TestCase("version", 3)]
    [TestCase("version", -1)]
    [TestCase("as_of_time", 0)]
    [TestCase("subject", "")]
    [TestCase("voter_ids", null)]
    [TestCase("observation", 7)]
    public void Read_ValueOutOfBounds_IsNotValid(string member, object? value)
    {
        var data = DataOf(Five);
        data[member] = value is null ? null : JsonValue.Create(value);
        var (reading, _) = Nara.Read("checkpoint", data.ToJsonString());
        Assert.That(reading.Problem, Does.Contain(member == "voter_ids" ? "signatures" : member));
    }

    [Test]
    public void Read_MoreVotersThanAnyNetworkNeeds_IsNotValid()
    {
        var data = DataOf(Five);
        data["voter_ids"] = new JsonArray([.. Enumerable.Range(0, 33).Select(i => JsonValue.Create($"v{i}"))]);
        data["signatures"] = new JsonArray([.. Enumerable.Range(0, 33).Select(_ => JsonValue.Create(""))]);
        Assert.That(Nara.Read("checkpoint", data.ToJsonString()).Reading.Problem, Does.Contain("voter_ids"));
    }

    private static IEventKind Kind => Nara.Kinds.Of("checkpoint");

    private static EventVector Vector(string name) =>
        new(Vectors.Of("events-checkpoint").Single(v => (string)v["name"]! == name));

    private static EventCheck Check(Event @event) => Nara.Check(@event);

    private static Vouching VotesOf(Event @event) => ((IVouchedKind)Kind).ReadVotes(@event.Data.Span);

    private static JsonNode DataOf(EventVector vector) => JsonNode.Parse(vector.Json)!["checkpoint"]!;

    private static Event Altered(EventVector vector, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(vector.Json)!;
        change(json["checkpoint"]!);
        return Nara.Decode(json.ToJsonString());
    }

    private static Event Unsigned(EventVector vector)
    {
        var json = JsonNode.Parse(vector.Json)!.AsObject();
        json.Remove("emitter");
        json.Remove("sig");
        return Nara.Decode(json.ToJsonString());
    }

    // The kind, but of one voter and with one vote needed.
    private sealed class OneVote(string voter) : IEventKind, IVouchedKind
    {
        public string Service => Kind.Service;

        public string Member => Kind.Member;

        public EventReading Read(ReadOnlySpan<byte> data, System.Buffers.IBufferWriter<byte> content) =>
            Kind.Read(data, content);

        public Vouching ReadVotes(ReadOnlySpan<byte> data) =>
            new(1, [.. ((IVouchedKind)Kind).ReadVotes(data).Votes.Where(v => v.Voter == voter)]);
    }
}
