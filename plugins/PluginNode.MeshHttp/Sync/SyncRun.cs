using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>What all strategies do in one run: a call that tries every address of a neighbour and is told to the
/// session, and merging.</summary>
internal sealed class SyncRun(ISyncSession session, INeighbourCalls calls, TimeProvider time)
{
    // as long as a neighbour that is asked too much wants to be left alone
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private long _received;

    public SyncPlan Plan => session.Plan;

    /// <summary>Whether all that a neighbour holds is wanted, and not a part of it.</summary>
    public bool IsForAll => Plan is { Services.Count: 0, Subjects.Count: 0 };

    /// <summary>How many events came so far.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Most events of one call.</summary>
    public int PageEvents { get; } =
        Math.Clamp(session.Plan.PageEvents ?? session.Plan.Profile.PageEvents, 1, LedgerQuery.MostEvents);

    /// <summary>Asks for events of the plan's services and subjects, at one address after the other.</summary>
    public Task<SyncReply> AskAsync(Asked asked, SyncRequest request, CancellationToken cancellation)
    {
        if (Plan.Services.Count > 0) request = request with { Services = Plan.Services };
        if (Plan.Subjects.Count > 0) request = request with { Subjects = Plan.Subjects };
        return CallAsync(asked, to => calls.AskAsync(to, request, Plan.CallTime, cancellation), r => r, cancellation);
    }

    /// <summary>Asks for days.</summary>
    public Task<DaysReply> DaysAsync(Asked asked, CancellationToken cancellation) =>
        CallAsync(asked, to => calls.DaysAsync(to, cancellation), r => r.Reply, cancellation);

    /// <summary>Has the events of an answer verified and merged.</summary>
    public Task<MergeReport> MergeAsync(Asked from, SyncReply reply, CancellationToken cancellation)
    {
        Interlocked.Add(ref _received, reply.Events.Count);
        return session.MergeAsync(from.Neighbour, reply.Events, cancellation);
    }

    /// <summary>Guesses that so many events are still to come.</summary>
    public void ExpectMore(long events) => session.Expect(Received + events);

    /// <summary>Who failed, and why, in one line; null where nobody did.</summary>
    public static string? Reasons(IReadOnlyCollection<(Asked Asked, string Reason)> failed)
    {
        const int most = 5;
        if (failed.Count == 0) return null;
        var text = string.Join("; ", failed.Take(most).Select(f => $"{f.Asked.Neighbour.Name}: {f.Reason}"));
        return failed.Count > most ? $"{text}; and {failed.Count - most} more" : text;
    }

    /// <summary>Whether somebody has the call that was made; a nara peer has none for days.</summary>
    public static bool HasNoSuchCall(SyncReply reply) =>
        reply.Outcome == AskOutcome.Refused && reply.Status is 403 or 404 or 405;

    private async Task<T> CallAsync<T>(
        Asked asked, Func<SyncNeighbour, Task<T>> call, Func<T, SyncReply> replyOf, CancellationToken cancellation)
    {
        var first = asked.First();
        for (var attempt = 0; ; attempt++)
        {
            var answer = await call(asked.At(attempt, first));
            var reply = replyOf(answer);
            var isGood = reply.Outcome is AskOutcome.Answered or AskOutcome.OlderPeer;
            // that there is no such call anybody can say, and nobody signs: neither an answer nor a failure
            if (answer is not DaysReply || !HasNoSuchCall(reply))
                session.Called(new NeighbourCall(asked.Neighbour, isGood ? null : reply.Reason, reply.Bytes)
                {
                    IsUnknownThere = reply.IsUnknownThere,
                });
            if (reply.Outcome == AskOutcome.Unreachable && attempt + 1 < asked.Addresses) continue;
            if (reply.Outcome != AskOutcome.Unreachable) asked.Answers(attempt, first);
            if (reply.Outcome == AskOutcome.Busy) await Task.Delay(Rest, time, cancellation);
            return answer;
        }
    }
}
