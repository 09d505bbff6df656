using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Presence;

/// <summary>Reads the fact in an event's data; null where it tells none.</summary>
/// <param name="data">As the event's kind found it valid.</param>
internal delegate Fact? Reader(ReadOnlySpan<byte> data);

/// <summary>The services that tell about somebody. Only what is signed is read: a member that whoever passes an event
/// on can change, such as <c>is_backfill</c>, decides nothing.</summary>
internal static class Readers
{
    private static readonly Schema From = new(("From", FieldType.Text));
    private static readonly Schema Subject = new(("subject", FieldType.Text));
    private static readonly Schema PingMembers = new(("target", FieldType.Text), ("rtt", FieldType.Number));

    private static readonly Schema ObservationMembers = new(
        ("subject", FieldType.Text), ("type", FieldType.Text), ("online_state", FieldType.Text),
        ("start_time", FieldType.Integer), ("restart_num", FieldType.Integer));

    private static readonly Schema CheckpointMembers = new(
        ("subject", FieldType.Text), ("as_of_time", FieldType.Integer), ("observation", FieldType.Object));

    private static readonly Schema StateMembers = new(("restarts", FieldType.Integer));

    /// <summary>By service.</summary>
    public static IReadOnlyList<(string Service, Reader Read)> All { get; } =
    [
        ("hey-there", HeyThere), ("chau", Chau), ("seen", Seen), ("observation", Observation),
        ("checkpoint", Checkpoint), ("ping", Ping),
    ];

    private static Fact? HeyThere(ReadOnlySpan<byte> data) =>
        Name(From, data) is { } name ? new Fact(name) { IsOwnWord = true, IsUp = true, WasSeen = true } : null;

    private static Fact? Chau(ReadOnlySpan<byte> data) =>
        Name(From, data) is { } name ? new Fact(name) { IsOwnWord = true, IsUp = false, WasSeen = true } : null;

    private static Fact? Seen(ReadOnlySpan<byte> data) =>
        Name(Subject, data) is { } name ? new Fact(name) { IsUp = true, WasSeen = true } : null;

    // A restart and a first sight may be told long afterwards, and what says so (is_backfill) is under no signature:
    // they say nothing of the moment they were told in.
    private static Fact? Observation(ReadOnlySpan<byte> data)
    {
        Span<Field> f = stackalloc Field[ObservationMembers.Count];
        if (ObservationMembers.Read(data, f) is not null) return null;
        var about = new Fact(f[0].Text(data));
        if (f[1].Is(data, "restart"u8)) return about with { Start = f[3].Integer, Restarts = f[4].Integer };
        if (!f[1].Is(data, "status-change"u8)) return null;
        var isUp = f[2].Is(data, "ONLINE"u8);
        return about with { IsUp = isUp, WasSeen = isUp };
    }

    private static Fact? Checkpoint(ReadOnlySpan<byte> data)
    {
        Span<Field> f = stackalloc Field[CheckpointMembers.Count];
        if (CheckpointMembers.Read(data, f) is not null) return null;
        Span<Field> state = stackalloc Field[StateMembers.Count];
        // Absent and null are a state of zeros, to Go.
        if (StateMembers.Read(f[2].IsEmpty ? "{}"u8 : f[2].Raw(data), state) is not null) return null;
        return new Fact(f[0].Text(data)) { AsOf = f[1].Integer, Restarts = state[0].Integer };
    }

    private static Fact? Ping(ReadOnlySpan<byte> data)
    {
        Span<Field> f = stackalloc Field[PingMembers.Count];
        return PingMembers.Read(data, f) is null ? new Fact(f[0].Text(data)) { RoundTrip = f[1].Number } : null;
    }

    private static string? Name(Schema schema, ReadOnlySpan<byte> data)
    {
        Span<Field> f = stackalloc Field[schema.Count];
        return schema.Read(data, f) is null ? f[0].Text(data) : null;
    }
}
