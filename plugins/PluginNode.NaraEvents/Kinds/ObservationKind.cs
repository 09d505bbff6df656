using System.Buffers;
using PluginNode.Events;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>
/// Who came, went or started again. A restart's content does not name its observer, so that what several observers tell
/// of it has one content; the observer of a restart is under no signature. Nor is the member <c>importance</c>: what an
/// event is worth here follows from its type, which is signed.
/// </summary>
internal sealed class ObservationKind : IEventKind, IBoundedKind
{
    private const int MostInWindow = 10;
    private const long WindowNanoseconds = 5L * 60 * 1_000_000_000;
    private const int MostOfPair = 20;

    private const int Observer = 0, Subject = 1, Type = 2, State = 3, Start = 4, Restarts = 5, Importance = 6;

    private static readonly Schema Members = new(
        ("observer", FieldType.Text), ("subject", FieldType.Text), ("type", FieldType.Text),
        ("online_state", FieldType.Text), ("start_time", FieldType.Integer), ("restart_num", FieldType.Integer),
        ("importance", FieldType.Integer), ("observer_id", FieldType.Text), ("subject_id", FieldType.Text),
        ("is_backfill", FieldType.Flag), ("last_restart", FieldType.Integer), ("cluster_name", FieldType.Text),
        ("observer_uptime", FieldType.Unsigned));

    public string Service => "observation";

    public string Member => "observation";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        if (Members.Read(data, f) is { } problem) return EventReading.Invalid(problem);
        var isRestart = f[Type].Is(data, "restart"u8);
        var signed = new Content(data, content);
        if (isRestart) signed.Join(f[Subject], f[Type], f[Restarts], f[Start]);
        else signed.Join(f[Observer], f[Subject], f[Type], f[State], f[Start], f[Restarts]);
        if (ProblemOf(f, data, isRestart) is { } wrong) return EventReading.Invalid(wrong);
        var importance = f[Type].Is(data, "status-change"u8) ? EventImportance.High : EventImportance.Critical;
        return EventReading.Valid(f[Observer].Text(data), f[Subject].Text(data), importance);
    }

    /// <summary>By emitter and not by observer, because the observer of a restart is under no signature. Windows lie
    /// side by side: which one an event falls into must not depend on what else was heard.</summary>
    public IReadOnlyList<EventBound> BoundsOf(string emitter, long timestamp, in EventReading reading) =>
    [
        new EventBound(Rule: 1, MostInWindow, emitter, reading.Target, timestamp / WindowNanoseconds),
        new EventBound(Rule: 2, MostOfPair, emitter, reading.Target),
    ];

    private static string? ProblemOf(ReadOnlySpan<Field> f, ReadOnlySpan<byte> data, bool isRestart)
    {
        if (f[Observer].IsEmpty) return "observer: must not be empty";
        if (f[Subject].IsEmpty) return "subject: must not be empty";
        if (f[Importance].Integer is < 1 or > 3) return "importance: must be 1 to 3";
        if (f[Type].Is(data, "status-change"u8)) return IsState(f[State], data) ? null : "online_state: unknown";
        if (!isRestart && !f[Type].Is(data, "first-seen"u8)) return "type: unknown";
        if (f[Start].Integer <= 0) return "start_time: must be more than 0";
        return isRestart && f[Restarts].Integer < 0 ? "restart_num: must not be less than 0" : null;
    }

    private static bool IsState(Field state, ReadOnlySpan<byte> data) =>
        state.Is(data, "ONLINE"u8) || state.Is(data, "OFFLINE"u8) || state.Is(data, "MISSING"u8);
}
