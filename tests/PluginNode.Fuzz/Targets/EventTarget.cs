using System.Buffers;
using System.Text;
using PluginNode.Benchmarks.Sync;
using PluginNode.Events;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary>One event as JSON, and its data as its kind reads it: what is decoded is written as an event that is
/// decoded equal, and verification gives a verdict, whatever it is.</summary>
internal sealed class EventTarget : FuzzTarget
{
    // names, the kinds' buffers and the hashes of a verification
    private const int Fixed = 256 * 1024;

    private readonly EventKinds _kinds = NaraKinds.All();
    private readonly EventCodec _codec;

    public EventTarget() => _codec = new EventCodec(_kinds);

    public override string Name => "event";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. JsonEdits.All, .. JsonEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        (string Service, string Data)[] facts =
        [
            ("social", """{"type":"tease","actor":"alice","target":"bob","reason":"high-restarts","witness":""}"""),
            ("ping", """{"observer":"alice","target":"bob","rtt":12.5}"""),
            ("observation",
                """
                {"observer":"alice","subject":"bob","type":"status-change","importance":2,"online_state":"ONLINE"}
                """),
            ("seen", """{"observer":"alice","subject":"bob","via":"zine"}"""),
            ("chau", """{"From":"alice","PublicKey":"","ID":""}"""),
            ("door", """{"b":[1,2.50,-1e3],"a":{"\u00fc":null,"x":true}}"""),
        ];
        var maker = new EventMaker(SomeNodes.Sender, "alice", _kinds, StandingTime.Instance);
        foreach (var (service, data) in facts)
        {
            var made = maker.Make(service, Encoding.UTF8.GetBytes(data));
            yield return new Sample(service, Json(made.Event!));
        }
    }

    public override Verdict Check(byte[] input)
    {
        var decoded = Measure.Bounded(Fixed + (16L * input.Length), () => _codec.Decode(input));
        if (decoded.Event is not { } one) return Verdict.Refused($"{decoded.Verdict}: {decoded.Reason}");
        var again = _codec.Decode(Json(one)).Event;
        Holds.That(
            again is not null && again.Id == one.Id && again.Timestamp == one.Timestamp && again.Service == one.Service
            && again.Emitter == one.Emitter && again.EmitterId == one.EmitterId
            && again.Signature.Span.SequenceEqual(one.Signature.Span) && again.Data.Span.SequenceEqual(one.Data.Span),
            "written and read again it is another event");
        var check = Measure.Bounded(
            Fixed + (64L * input.Length),
            () => EventVerifier.Check(one, _kinds.Of(one.Service), SomeNodes.Sender.Self, _ => null));
        Holds.That(check.IsValid == (check.Verdict == EventVerdict.Valid), "it is valid and it is not");
        return check.IsValid ? Verdict.Took(one.Service) : Verdict.Refused($"{check.Verdict}: {check.Reason}");
    }

    private byte[] Json(Event @event)
    {
        var json = new ArrayBufferWriter<byte>();
        _codec.Encode(@event, json);
        return json.WrittenSpan.ToArray();
    }
}
