using System.Buffers;
using PluginNode.Events;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>How long a round trip took, in milliseconds.</summary>
internal sealed class PingKind : IEventKind, IBoundedKind
{
    private const int MostOfTarget = 5;

    private const int Observer = 0, Target = 1, RoundTrip = 2;

    private static readonly Schema Members = new(
        ("observer", FieldType.Text), ("target", FieldType.Text), ("rtt", FieldType.Number),
        ("observer_id", FieldType.Text), ("target_id", FieldType.Text));

    public string Service => "ping";

    public string Member => "ping";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        if (Members.Read(data, f) is { } problem) return EventReading.Invalid(problem);
        new Content(data, content).Join(f[Observer], f[Target], f[RoundTrip]);
        if (f[Observer].IsEmpty) return EventReading.Invalid("observer: must not be empty");
        if (f[Target].IsEmpty) return EventReading.Invalid("target: must not be empty");
        if (!(f[RoundTrip].Number > 0)) return EventReading.Invalid("rtt: must be more than 0");
        return EventReading.Valid(f[Observer].Text(data), f[Target].Text(data), EventImportance.Fleeting);
    }

    public IReadOnlyList<EventBound> BoundsOf(string emitter, long timestamp, in EventReading reading) =>
        [new EventBound(Rule: 1, MostOfTarget, About: reading.Target)];
}
