using System.Text;
using PluginNode.Events;
using PluginNode.Mqtt.Wire;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Ledger;

/// <summary>
/// One run of <c>mqtt-ledger</c>. The share of a neighbour that fails goes to the next one. What PluginNodes tell may
/// name others who were not known before: they are asked for in a further round.
/// </summary>
/// <param name="session">Where events go.</param>
/// <param name="calls">Asks.</param>
/// <param name="neighbours">One at least.</param>
/// <param name="limit">How long a call may take.</param>
/// <param name="time">For waits.</param>
internal sealed class LedgerRun(
    ISyncSession session, ILedgerCalls calls, IReadOnlyList<AskedNeighbour> neighbours, TimeSpan limit,
    TimeProvider time)
{
    /// <summary>Most bytes of names in one request, about: it must pass every broker.</summary>
    public const int MostRequestBytes = 32 << 10;

    private const int MostRounds = 8;

    // as long as a neighbour that is asked too much wants to be left alone
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private int _answered, _left, _unsigned;
    private long _received;

    /// <param name="subjects">Whom events are wanted of: everyone who is known at that moment.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<SyncReport> RunAsync(Func<SortedSet<string>> subjects, CancellationToken cancellation)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            List<string> fresh = [.. subjects().Where(_asked.Add)];
            if (fresh.Count == 0) break;
            var shares = Partition.Of(fresh, neighbours.Count);
            await Task.WhenAll(shares.SelectMany((share, i) => Requests(share)
                .Select(names => ShareAsync(i, names, cancellation))));
        }
        var text = $"{_answered} parts of {_answered + _left} came, of who is known here";
        if (_unsigned > 0) text += $"; {_unsigned} events came unsigned, which is hearsay";
        var failures = string.Join("; ", neighbours.Where(n => n.Failure is not null)
            .Select(n => $"{n.Neighbour.Name}: {n.Failure}"));
        if (failures.Length > 0) text += $"; {failures}";
        return new SyncReport(_answered > 0 ? SyncOutcome.Partial : SyncOutcome.Failed, text);
    }

    private static IEnumerable<List<string>> Requests(List<string> share)
    {
        var (names, bytes) = (new List<string>(), 0);
        foreach (var name in share)
        {
            var length = Encoding.UTF8.GetByteCount(name) + 3;
            if (names.Count > 0 && bytes + length > MostRequestBytes)
            {
                yield return names;
                (names, bytes) = ([], 0);
            }
            names.Add(name);
            bytes += length;
        }
        if (names.Count > 0) yield return names;
    }

    private async Task ShareAsync(int first, List<string> names, CancellationToken cancellation)
    {
        for (var i = 0; i < neighbours.Count; i++)
        {
            var asked = neighbours[(first + i) % neighbours.Count];
            await asked.Turn.WaitAsync(cancellation);
            try
            {
                if (asked.Failure is not null) continue;
                asked.Failure = await AskAsync(asked, names, cancellation);
                if (asked.Failure is not null) continue;
                Interlocked.Increment(ref _answered);
                return;
            }
            finally
            {
                asked.Turn.Release();
            }
        }
        Interlocked.Increment(ref _left);
    }

    // null, or why it failed
    private async Task<string?> AskAsync(AskedNeighbour asked, List<string> names, CancellationToken cancellation)
    {
        var neighbour = asked.Neighbour;
        LedgerCursor? after = null;
        var isAgain = false;
        for (var page = 0; !asked.IsNara; page++)
        {
            var ask = new EventsAsk
            {
                Subjects = names, Services = session.Plan.Services, Since = neighbour.Since, After = after?.ToString(),
                Limit = Math.Clamp(
                    session.Plan.PageEvents ?? session.Plan.Profile.PageEvents, 1, EventsPage.MostEvents),
            };
            var reply = await calls.PageAsync(neighbour.Id, ask, limit, cancellation);
            if (reply.IsNobodyThere && page == 0)
            {
                asked.IsNara = true;
                break;
            }
            session.Called(new NeighbourCall(neighbour, reply.Failure, reply.Events.Sum(e => (long)e.Length)));
            if (reply.Failure is not null)
            {
                // who has told something is asked once more, as it may have been too much at once
                if (page == 0 || isAgain) return reply.Failure;
                isAgain = true;
                await Task.Delay(Rest, time, cancellation);
                continue;
            }
            isAgain = false;
            if (await MergeAsync(asked, reply.Events, cancellation) is { } problem) return problem;
            if (reply.Next.Length == 0) return null;
            var next = LedgerCursor.Parse(reply.Next);
            if (next is not { } cursor || reply.Events.Count == 0 || !IsBehind(cursor, after))
                return "its next page does not lie behind the last one";
            after = cursor;
        }
        return await AskNaraAsync(asked, names, cancellation);
    }

    private async Task<string?> AskNaraAsync(AskedNeighbour asked, List<string> names, CancellationToken cancellation)
    {
        var services = session.Plan.Services;
        if (services.Count > 0 && !services.Contains(NaraSocial.Service)) return "a nara tells social events only";
        var reply = await calls.NaraAsync(asked.Neighbour.Name, names, limit, cancellation);
        session.Called(new NeighbourCall(asked.Neighbour, reply.Failure, reply.Bytes));
        if (reply.Failure is not null) return reply.Failure;
        Interlocked.Add(ref _unsigned, reply.Events.Count);
        foreach (var events in reply.Events.Chunk(EventsPage.MostEvents))
            await MergeAsync(asked, [.. events.Select(e => (ReadOnlyMemory<byte>)e.ToUnsignedEvent())], cancellation);
        return null;
    }

    private async Task<string?> MergeAsync(
        AskedNeighbour asked, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation)
    {
        if (events.Count == 0) return null;
        var received = Interlocked.Add(ref _received, events.Count);
        session.Expect(received);
        if (received > session.Plan.Profile.Events) return "it tells more events than are kept here";
        var report = await session.MergeAsync(asked.Neighbour, events, cancellation);
        return report.Rejected.Values.Sum() < report.Received ? null : "all events of a page were rejected";
    }

    private static bool IsBehind(LedgerCursor next, LedgerCursor? last) =>
        last is not { } before || next.Timestamp > before.Timestamp
        || (next.Timestamp == before.Timestamp && next.Id is { } id && before.Id is { } earlier && id > earlier);
}
