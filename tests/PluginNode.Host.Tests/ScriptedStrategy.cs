using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.Host.Tests;

/// <summary>A strategy that does what a test says.</summary>
internal sealed class ScriptedStrategy(Func<ISyncSession, CancellationToken, Task<SyncReport>> script) : ISyncStrategy
{
    public string Name { get; init; } = "scripted";

    public int Rank => 1;

    /// <summary>One that hands over these events in one call to each neighbour, and has read all of them.</summary>
    public static ScriptedStrategy Tells(params IReadOnlyList<byte[]> events) => new(async (session, cancellation) =>
    {
        session.Expect(events.Count);
        foreach (var neighbour in session.Plan.Neighbours) await TellAsync(session, neighbour, events, cancellation);
        return new SyncReport(SyncOutcome.Complete) { ReadToEnd = [.. session.Plan.Neighbours.Select(n => n.Id)] };
    });

    /// <summary>One call that is answered with these events.</summary>
    public static async Task TellAsync(
        ISyncSession session, Neighbour neighbour, IReadOnlyList<byte[]> events, CancellationToken cancellation)
    {
        await session.MergeAsync(neighbour, [.. events.Select(e => (ReadOnlyMemory<byte>)e)], cancellation);
        session.Called(new NeighbourCall(neighbour, null, events.Sum(e => (long)e.Length)));
    }

    public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation) =>
        script(session, cancellation);
}

/// <summary>Neighbours that hold what a test says.</summary>
internal sealed class ScriptedDays(params IReadOnlyList<LedgerDay> days) : INeighbourDays
{
    public Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<LedgerDay>?>(days);
}
