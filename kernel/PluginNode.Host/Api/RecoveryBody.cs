using System.Text.Json.Serialization;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Recovery;
using static System.Text.Json.Serialization.JsonIgnoreCondition;

namespace PluginNode.Api;

/// <summary>How recovery stands.</summary>
/// <param name="State"><c>off</c> (no strategy, or not begun), <c>waiting</c> (for neighbours), <c>recovering</c>,
/// <c>checkpoints</c> (being read), <c>recovered</c>, <c>partial</c> (completed in the background) or <c>alone</c> (no
/// neighbour answered, or all refuse this node; tried again in the background).</param>
/// <param name="UnderWay">Whether it is at work.</param>
/// <param name="Strategy">The strategy that is at work, or that gave the result; null: none.</param>
/// <param name="Chain">The strategies that may be used, in the order in which they are tried.</param>
/// <param name="SignatureChecks">What checks signatures.</param>
/// <param name="Attempt">Which try this is or was, from 1; 0: none yet.</param>
/// <param name="StartedAt">When the last recovery began.</param>
/// <param name="EndedAt">When it ended; null while it is under way.</param>
/// <param name="NextAt">When neighbours are asked again; null: nothing is due.</param>
public sealed record RecoveryBody(
    string State, bool UnderWay, [property: JsonIgnore(Condition = Never)] string? Strategy,
    IReadOnlyList<string> Chain, string SignatureChecks, int Attempt,
    [property: JsonIgnore(Condition = Never)] DateTime? StartedAt,
    [property: JsonIgnore(Condition = Never)] DateTime? EndedAt,
    [property: JsonIgnore(Condition = Never)] DateTime? NextAt)
{
    /// <summary>How far the strategy at work has come; null where none is.</summary>
    [JsonIgnore(Condition = Never)]
    public RecoveryProgressBody? Progress { get; init; }

    /// <summary>How many neighbours answered nothing in the last try, and said that they do not know this node: it must
    /// be in their peer list, with its name and its public key.</summary>
    public int Refusing { get; init; }

    /// <summary>The strategies that the last try went through, in that order.</summary>
    public required IReadOnlyList<RecoveryStepBody> Steps { get; init; }

    /// <summary>How complete the ledger is; null: not looked at yet.</summary>
    [JsonIgnore(Condition = Never)]
    public CoverageBody? Coverage { get; init; }

    /// <summary>The last background sync; null: none yet.</summary>
    [JsonIgnore(Condition = Never)]
    public BackgroundBody? LastBackground { get; init; }

    internal static RecoveryBody Of(RecoveryState state, IReadOnlyList<string> chain) => new(
        Words.Of(state.Phase), state.IsUnderWay, state.Strategy, chain, state.SignatureChecks, state.Attempt,
        state.StartedAt?.UtcDateTime, state.EndedAt?.UtcDateTime, state.NextAt?.UtcDateTime)
    {
        Progress = state.Progress is { } progress ? RecoveryProgressBody.Of(progress) : null,
        Refusing = state.Refusing,
        Steps = [.. state.Steps.Select(RecoveryStepBody.Of)],
        Coverage = state.Coverage is { } coverage ? CoverageBody.Of(coverage) : null,
        LastBackground = state.LastBackground is { } background ? BackgroundBody.Of(background) : null,
    };
}

/// <summary>How far a strategy has come.</summary>
/// <param name="Calls">Calls that ended.</param>
/// <param name="Events">Events that were told.</param>
/// <param name="Bytes">Bytes of answers, before compression.</param>
/// <param name="Expected">How many events there will be in all, as the strategy guesses; null: it does not.</param>
/// <param name="EventsPerSecond">Events in a second, since it began.</param>
/// <param name="TimeLeft">How long it will still take at this rate; null: unknown.</param>
public sealed record RecoveryProgressBody(
    long Calls, long Events, long Bytes, [property: JsonIgnore(Condition = Never)] long? Expected,
    double EventsPerSecond, [property: JsonIgnore(Condition = Never)] Duration? TimeLeft)
{
    internal static RecoveryProgressBody Of(SyncProgress p) => new(
        p.Calls, p.Events, p.Bytes, p.Expected, Math.Round(p.Rate, 1),
        p.TimeLeft is { } left && left.TotalDays < 36_500
            ? new Duration(TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds))) : null);
}

/// <summary>One background sync.</summary>
/// <param name="At">When it ended.</param>
/// <param name="From">Which neighbours were asked, by name.</param>
/// <param name="Strategy">Which strategy did it; null: none could.</param>
/// <param name="Outcome"><c>complete</c>, <c>partial</c>, <c>unavailable</c> or <c>failed</c>.</param>
/// <param name="Merged">How many events were new.</param>
/// <param name="Reason">Why not complete; null: nothing to say.</param>
/// <param name="Neighbours">What each did that was asked, and what of it was kept out.</param>
public sealed record BackgroundBody(
    DateTime At, IReadOnlyList<string> From, [property: JsonIgnore(Condition = Never)] string? Strategy, string Outcome,
    long Merged, [property: JsonIgnore(Condition = Never)] string? Reason,
    IReadOnlyList<RecoveryNeighbourBody> Neighbours)
{
    internal static BackgroundBody Of(BackgroundSync b) => new(
        b.At.UtcDateTime, b.From, b.Strategy, Words.Of(b.Outcome), b.Merged, b.Reason,
        [.. b.Neighbours.Select(RecoveryNeighbourBody.Of)]);
}
