extern alias mqtt;

using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using mqtt::PluginNode.Mqtt.Frames;
using mqtt::PluginNode.Mqtt.Wire;
using PluginNode.Benchmarks.Sync;
using PluginNode.Events;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary>What naras and PluginNodes tell of ledgers over MQTT: a byte that says which, then a nara's request or
/// response, what a signed request asks for, the days or the page of a signed answer, or a presence event. What is
/// taken is written so that it is read equal, and the node reads in an event what was read in it before.</summary>
internal sealed class MqttLedgerTarget : FuzzTarget, IEventWriter
{
    private const long Time = 1_767_225_600_000_000_000;
    private const long Most = 64 << 10;

    private readonly EventCodec _codec = new(NaraKinds.All());

    public override string Name => "mqtt-ledger";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. JsonEdits.All.Concat(JsonEdits.All).Select(e => (e.Weight, BehindTheFirst(e.Edit)))];

    public override IEnumerable<Sample> Samples()
    {
        yield return Of("request", 0, new NaraLedgerRequest("alice", ["bob", "星-1", "a<b>"]).ToJson());
        yield return Of("request-null", 0, new NaraLedgerRequest("alice", null).ToJson());
        NaraSocial social = new(Time, "tease", "alice", "bob", "random \"&\"", "carol");
        yield return Of("response", 1, new NaraLedgerResponse("bob", [social, social with { Witness = "" }]).ToJson());
        yield return Of("response-null", 1, new NaraLedgerResponse("bob", []).ToJson());
        var ask = new EventsAsk { Subjects = ["é"], Services = ["app"], Since = 7, Limit = 9 };
        yield return Of("ask", 2, ask.ToJson());
        yield return Of("ask-next", 2, (ask with { After = $"7:{social.Id}" }).ToJson());
        yield return Of("ask-days", 2, new EventsAsk { Days = true }.ToJson());
        LedgerDay[] days = [new(new DateOnly(2026, 1, 1), 3, 77), new(new DateOnly(2026, 1, 3), 1, UInt128.MaxValue)];
        yield return Of("days", 3, DaysBody.Write(days, int.MaxValue));
        var (name, key) = ("alice", SomeNodes.Sender.Self);
        var hello = EventOf(PresenceClaim.HeyThere, name, PresenceClaim.HeyThereOf(name, key));
        var chau = EventOf(PresenceClaim.Chau, name, PresenceClaim.ChauOf(name, key));
        foreach (var next in (LedgerCursor?[])[new LedgerCursor(Time, social.Id), null])
        {
            var page = new EventsPage(int.MaxValue);
            _ = page.TryAdd(hello, this) && page.TryAdd(chau, this);
            yield return Of(next is null ? "page-last" : "page", 4, page.ToBytes(next));
        }
        yield return Of("hey-there", 5, JsonOf(hello));
        yield return Of("chau", 5, JsonOf(chau));
    }

    public override Verdict Check(byte[] input)
    {
        if (input.Length == 0) return Verdict.Refused("empty");
        var rest = input[1..];
        return (input[0] % 6) switch
        {
            0 => Again(
                Bounded(rest, () => NaraLedgerRequest.Read(rest))?.ToJson(), b => NaraLedgerRequest.Read(b)?.ToJson()),
            1 => Response(Bounded(rest, () => NaraLedgerResponse.Read(rest))),
            2 => Again(Bounded(rest, () => EventsAsk.Read(rest))?.ToJson(), b => EventsAsk.Read(b)?.ToJson()),
            3 => Days(rest, Bounded(rest, () => DaysBody.Read(rest))),
            4 => Page(Bounded(rest, () => Reply.Of(AnswerKind.Events, rest))),
            _ => Presence(rest, Bounded(rest, () => PresenceClaim.Read(rest))),
        };
    }

    public void Write(Event @event, IBufferWriter<byte> json) => _codec.Encode(@event, json);

    public bool IsKnownOutside(string service) => true;

    private static T Bounded<T>(byte[] input, Func<T> read) => Measure.Bounded(Most + (64L * input.Length), read);

    private static Verdict Again(byte[]? written, Func<byte[], byte[]?> rewrite)
    {
        if (written is null) return Verdict.Refused("it is none");
        Holds.That(
            rewrite(written) is { } again && again.AsSpan().SequenceEqual(written),
            $"written and read again it is another: {Encoding.UTF8.GetString(written)}");
        return Verdict.Took();
    }

    private Verdict Response(NaraLedgerResponse? response)
    {
        if (response is null) return Verdict.Refused("no response");
        Again(response.ToJson(), b => NaraLedgerResponse.Read(b)?.ToJson());
        Holds.That(response.Events.Count <= LedgerQuery.MostEvents, "more events are taken than may be");
        var isEvent = false;
        foreach (var social in response.Events.Take(10))
        {
            // whatever stands in it, it is nothing but hearsay of its own id
            if (_codec.Decode(social.ToUnsignedEvent()).Event is not { } e) continue;
            Holds.That(e.Id == social.Id && !e.IsSigned && e.Service == NaraSocial.Service, "it is another event");
            isEvent = true;
        }
        return Verdict.Took($"{response.Events.Count}, {isEvent}");
    }

    private static Verdict Days(byte[] body, List<LedgerDay>? days)
    {
        if (days is null) return Verdict.Refused("no days");
        Holds.That(DaysBody.Write(days, int.MaxValue).AsSpan().SequenceEqual(body), "written again they are others");
        return Verdict.Took($"{days.Count}");
    }

    private static Verdict Page(Reply reply)
    {
        if (reply.Events is not { } parts) return Verdict.Refused(reply.Reason);
        Holds.That(parts.Length > 0, "a page without a cursor");
        var text = Encoding.UTF8.GetString(parts[0].Span);
        if (LedgerCursor.Parse(text) is not { } next) return Verdict.Took("no cursor");
        // with this it is asked for the next page
        Holds.That(LedgerCursor.Parse(next.ToString()) == next, $"{next} is read as another cursor");
        return Verdict.Took("cursor");
    }

    private Verdict Presence(byte[] json, PresenceClaim? claim)
    {
        var read = _codec.Decode(json).Event;
        if (claim is null) return Verdict.Refused("no presence");
        Holds.That(
            read is null || (read.Service == claim.Service && read.Emitter == claim.Emitter),
            $"what is verified is {read?.Service} of {read?.Emitter}, and not {claim}");
        return Verdict.Took($"{claim.Service}, {read is not null}");
    }

    private static Edit BehindTheFirst(Edit edit) => (input, other) => input.Length == 0
        ? Gen.Constant(input)
        : edit(input[1..], other.Length == 0 ? other : other[1..]).Select(rest => (byte[])[input[0], .. rest]);

    private static Event EventOf(string service, string emitter, byte[] data) => new(
        new EventId(7), Time, service, emitter, "", Enumerable.Repeat((byte)9, 64).ToArray(), data);

    private byte[] JsonOf(Event e)
    {
        var json = new ArrayBufferWriter<byte>();
        _codec.Encode(e, json);
        return json.WrittenSpan.ToArray();
    }

    private static Sample Of(string name, byte kind, byte[] payload) => new(name, [kind, .. payload]);
}
