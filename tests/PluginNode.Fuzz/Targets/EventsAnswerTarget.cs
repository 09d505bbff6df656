using System.Text;
using System.Text.Json;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.MeshHttp.Client;

namespace PluginNode.Fuzz.Targets;

/// <summary>A neighbour's answer with events, as it arrives: in whatever pieces, it is the same answer, and no more
/// events are taken than asked for.</summary>
internal sealed class EventsAnswerTarget : FuzzTarget
{
    private const int MostEvents = 5;

    public override string Name => "events-answer";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. JsonEdits.All, .. JsonEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        const string one = """
            {"id":"73bd158b32e85f1a1787d9f7602b1a86","ts":1768900000123457089,"svc":"door","emitter":"alice",
             "data":{"a":[]}}
            """;
        string[] bodies =
        [
            """{"from":"alice","events":null,"ts":1795220311,"sig":"AAAA"}""",
            $$"""{"from":"alice","events":[{{one.Trim()}}],"ts":1795220311,"sig":"AAAA"}""",
            $$"""{"from":"é","events":[{{one.Trim()}},{{one.Trim()}}],"next_cursor":"12","ts":1,"sig":""}""",
        ];
        return bodies.Select((b, i) => new Sample($"{i}", Encoding.UTF8.GetBytes(b)));
    }

    public override Verdict Check(byte[] input)
    {
        var whole = Measure.Bounded((256 * 1024) + (16L * input.Length), () => Decoded(input, input.Length));
        foreach (var piece in (int[])[1, 7])
        {
            var pieces = Decoded(input, piece);
            Holds.That((whole.Problem is null) == (pieces.Problem is null), $"in pieces of {piece}: {pieces.Problem}");
            if (whole.Problem is not null) continue;
            Holds.That(
                whole.From == pieces.From && whole.Ts == pieces.Ts && whole.Signature == pieces.Signature
                && whole.NextCursor == pieces.NextCursor && whole.Events.SequenceEqual(pieces.Events)
                && whole.Times.SequenceEqual(pieces.Times) && whole.Ids.SequenceEqual(pieces.Ids),
                $"in pieces of {piece} it is another answer");
        }
        if (whole.Problem is { } problem) return Verdict.Refused(problem);
        Holds.That(whole.Events.Count <= MostEvents, "more events are taken than may be");
        foreach (var range in whole.Events)
            Holds.That(IsValue(input.AsSpan(range)), "what is cut out is no value");
        return Verdict.Took($"{whole.Events.Count} events");
    }

    // whether it is an event is for verification to say
    private static bool IsValue(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return reader.Read() && reader.TrySkip() && reader.BytesConsumed == json.Length;
    }

    private static EventsDecoder Decoded(byte[] input, int piece)
    {
        var decoder = new EventsDecoder(MostEvents);
        for (var end = Math.Min(piece, input.Length); ; end = Math.Min(end + piece, input.Length))
        {
            if (!decoder.Look(input.AsSpan(0, end), end == input.Length) || end == input.Length) return decoder;
        }
    }
}
