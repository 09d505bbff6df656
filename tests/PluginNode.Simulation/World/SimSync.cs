using System.Buffers;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Simulation.Machine;
using PluginNode.Sync;

namespace PluginNode.Simulation.World;

/// <summary>One answer: events as JSON, and where the next one begins.</summary>
/// <param name="Altered">Whether it is not what was sent, as a signature over it would show.</param>
internal sealed record SimPage(IReadOnlyList<ReadOnlyMemory<byte>> Events, LedgerCursor? Next, bool Altered);

/// <summary>What an answer says of days.</summary>
/// <param name="Altered">As for a page.</param>
internal sealed record SimDays(IReadOnlyList<LedgerDay> Days, bool Altered);

/// <summary>Reads other nodes' ledgers page by page over the simulated network.</summary>
internal sealed class SimSync(Scheduler scheduler, SimNetwork network, NodeContext context, PeerId self)
    : ISyncStrategy, INeighbourDays
{
    private const int Tries = 2;

    private static readonly EventCodec Codec = new(new EventKinds());

    private readonly int _page = 3 + scheduler.Below(20);

    /// <inheritdoc/>
    public string Name => "sim-pages";

    /// <inheritdoc/>
    public int Rank => 10;

    /// <inheritdoc/>
    public async Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation)
    {
        var plan = session.Plan;
        var left = new Queue<Neighbour>(plan.Neighbours.Where(n => n.Addresses.Any(a => a.Scheme == "sim")));
        if (left.Count == 0) return new SyncReport(SyncOutcome.Unavailable, "nobody has an address here");
        var (all, read) = (left.Count, new List<PeerId>());
        var atOnce = Math.Clamp(plan.Profile.CallsAtOnce, 1, all);
        await Task.WhenAll([.. Enumerable.Range(0, atOnce).Select(_ => WorkAsync())]);
        if (read.Count == all) return new SyncReport(SyncOutcome.Complete) { ReadToEnd = read };
        var outcome = read.Count > 0 ? SyncOutcome.Partial : SyncOutcome.Failed;
        return new SyncReport(outcome, $"{all - read.Count} of {all} did not answer to the end") { ReadToEnd = read };

        async Task WorkAsync()
        {
            while (left.TryDequeue(out var neighbour))
                if (await ReadAsync(session, neighbour, cancellation)) read.Add(neighbour.Id);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation)
    {
        var told = await network.AskAsync(
            context, self, neighbour.Id, (ledger, altered) => new SimDays(ledger.Days(), altered), cancellation);
        return told is { Altered: false } ? told.Days : null;
    }

    private async Task<bool> ReadAsync(ISyncSession session, Neighbour neighbour, CancellationToken cancellation)
    {
        var plan = session.Plan;
        var query = new LedgerQuery
        {
            Limit = Math.Min(plan.PageEvents ?? _page, _page), Since = neighbour.Since, Services = plan.Services,
        };
        for (var failures = 0; failures < Tries;)
        {
            var page = await network.AskAsync(
                context, self, neighbour.Id, (ledger, altered) => Tell(ledger.Read(query), altered), cancellation);
            var failure = page is null ? "no answer" : page.Altered ? "not what it sent" : null;
            session.Called(new NeighbourCall(neighbour, failure, page?.Events.Sum(e => (long)e.Length) ?? 0));
            if (page is not null) await session.MergeAsync(neighbour, page.Events, cancellation);
            if (failure is not null) failures++;
            else if (page!.Next is not { } next) return true;
            else if (query.After is { } after && next.Timestamp <= after.Timestamp && next.Id == after.Id)
                return false; // it goes in circles
            else query = query with { After = next };
        }
        return false;
    }

    private SimPage Tell(LedgerPage page, bool altered)
    {
        var events = page.Events.Select(Json).ToList();
        if (altered) Alter(events);
        return new SimPage(events, page.Next, altered);
    }

    /// <summary>Bits flip, parts are missing, something else stands there.</summary>
    private void Alter(List<ReadOnlyMemory<byte>> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var bytes = events[i].ToArray();
            if (scheduler.Happens(0.5)) bytes[scheduler.Below(bytes.Length)] ^= (byte)(1 << scheduler.Below(8));
            if (scheduler.Happens(0.1)) bytes = bytes[..scheduler.Below(bytes.Length)];
            if (scheduler.Happens(0.1)) bytes = "{\"id\":null}"u8.ToArray();
            events[i] = bytes;
        }
        if (scheduler.Happens(0.2)) events.Add("not even JSON"u8.ToArray());
    }

    private static ReadOnlyMemory<byte> Json(Event @event)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Codec.Encode(@event, buffer);
        return buffer.WrittenMemory;
    }
}
