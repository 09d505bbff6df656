using PluginNode.Events;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>The members of a checkpoint, and of the state in it.</summary>
internal static class CheckpointMembers
{
    public const int Version = 0, Subject = 1, SubjectId = 2, Previous = 3, Observation = 4, AsOf = 5, Voters = 6,
        Signatures = 7;

    public const int Restarts = 0, Uptime = 1, Start = 2;

    public static readonly Schema All = new(
        ("version", FieldType.Integer), ("subject", FieldType.Text), ("subject_id", FieldType.Text),
        ("previous_checkpoint_id", FieldType.Text), ("observation", FieldType.Object),
        ("as_of_time", FieldType.Integer), ("voter_ids", FieldType.Array), ("signatures", FieldType.Array),
        ("round", FieldType.Integer));

    public static readonly Schema State = new(
        ("restarts", FieldType.Integer), ("total_uptime", FieldType.Integer), ("start_time", FieldType.Integer),
        ("last_restart", FieldType.Integer), ("last_seen", FieldType.Integer), ("online", FieldType.Text),
        ("cluster_name", FieldType.Text), ("cluster_emoji", FieldType.Text), ("last_ping_rtt", FieldType.Number),
        ("avg_ping_rtt", FieldType.Number), ("last_ping_time", FieldType.Integer));

    /// <summary>Reads both; null where nothing is wrong with their form.</summary>
    public static string? Read(ReadOnlySpan<byte> data, Span<Field> all, Span<Field> state)
    {
        if (All.Read(data, all) is { } problem) return problem;
        var given = all[Observation];
        // Absent and null are a state of zeros, to Go.
        return State.Read(given.IsEmpty ? "{}"u8 : given.Raw(data), state) is { } wrong ? $"observation.{wrong}" : null;
    }

    /// <summary>What is wrong with what they say; null where nothing is.</summary>
    public static string? ProblemOf(ReadOnlySpan<byte> data, ReadOnlySpan<Field> all, ReadOnlySpan<Field> state)
    {
        if (all[Version].Integer is < 0 or > 2) return "version: must be 0 to 2";
        if (all[Subject].IsEmpty) return "subject: must not be empty";
        if (all[AsOf].Integer <= 0) return "as_of_time: must be more than 0";
        if (state[Restarts].Integer < 0) return "observation.restarts: must not be less than 0";
        if (state[Uptime].Integer < 0) return "observation.total_uptime: must not be less than 0";
        if (Texts.Read(all[Voters].Raw(data)) is not { } voters)
            return $"voter_ids: at most {Vouching.MostVotes} texts are needed";
        if (Texts.Read(all[Signatures].Raw(data)) is not { } signatures)
            return $"signatures: at most {Vouching.MostVotes} texts are needed";
        return voters.Count == signatures.Count ? null : "signatures: there must be one of each voter";
    }
}
