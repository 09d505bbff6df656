using System.Text.Json.Serialization;
using PluginNode.Recovery;
using static System.Text.Json.Serialization.JsonIgnoreCondition;

namespace PluginNode.Api;

/// <summary>How complete the ledger is, as far as that can be told.</summary>
/// <param name="At">When it was looked at.</param>
/// <param name="Events">Events that are held.</param>
/// <param name="Services">They by service.</param>
/// <param name="Neighbours">What neighbours said.</param>
/// <param name="Share">The share of what neighbours hold that is here for certain, 0 to 1: of all they told, what lies
/// on days that agree, or that were read to the end from that neighbour. Null: nobody could say.</param>
/// <param name="ShareAtMost">The share of it that can be here, 0 to 1: on no day more than is held here of that day.
/// Null: nobody could say.</param>
/// <param name="Full">Whether the ledger is full: then it lacks, on purpose, what is less important or older.</param>
/// <param name="Pruned">Events that the last recovery was told, and that there was no room for.</param>
/// <param name="Gaps">Days on which a neighbour holds something that may be missing here, those where most is missing
/// first; at most 100.</param>
/// <param name="GapCount">How many such days there are in all, counted for each neighbour.</param>
public sealed record CoverageBody(
    DateTime At, int Events, IReadOnlyList<ServiceCoverageBody> Services, CoverageNeighboursBody Neighbours,
    [property: JsonIgnore(Condition = Never)] double? Share,
    [property: JsonIgnore(Condition = Never)] double? ShareAtMost, bool Full, long Pruned,
    IReadOnlyList<CoverageGapBody> Gaps, int GapCount)
{
    internal static CoverageBody Of(Coverage c) => new(
        c.At.UtcDateTime, c.Events, [.. c.Services.Select(ServiceCoverageBody.Of)],
        new CoverageNeighboursBody(c.Asked, c.Answered, c.Told, c.Disagreeing), c.Share, c.ShareAtMost, c.IsFull,
        c.Pruned, [.. c.Gaps.Select(g => new CoverageGapBody(g.Day, g.Neighbour, g.Theirs, g.Ours))], c.GapCount);
}

/// <summary>What neighbours said of what they hold.</summary>
/// <param name="Asked">Neighbours that were asked for events.</param>
/// <param name="Answered">Those of them that answered at least one call.</param>
/// <param name="Told">Those of them that said what they hold by day: the others can't.</param>
/// <param name="Disagreeing">Those of them that hold something else on some day, be it that all of it is here and more
/// beside it.</param>
public sealed record CoverageNeighboursBody(int Asked, int Answered, int Told, int Disagreeing);

/// <summary>What is held of one service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Events">How many events.</param>
/// <param name="Oldest">When the oldest one was told, by its emitter's clock.</param>
/// <param name="Newest">When the newest one was told.</param>
public sealed record ServiceCoverageBody(string Service, int Events, DateTime Oldest, DateTime Newest)
{
    internal static ServiceCoverageBody Of(ServiceCoverage s) =>
        new(s.Service, s.Events, TimeOf(s.Oldest), TimeOf(s.Newest));

    private static DateTime TimeOf(long nanoseconds) =>
        DateTime.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}

/// <summary>A day on which a neighbour holds something that may be missing here.</summary>
/// <param name="Day">The day, UTC, by the events' timestamps.</param>
/// <param name="Neighbour">Who, by the name that it has here.</param>
/// <param name="Theirs">How many events it holds.</param>
/// <param name="Ours">How many are held here.</param>
public sealed record CoverageGapBody(DateOnly Day, string Neighbour, int Theirs, int Ours);
