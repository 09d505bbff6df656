using PluginNode.Events;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Client;

/// <summary>Says what an answer's order and cursor mean.</summary>
internal static class Cursors
{
    /// <summary>Tells an older peer, and a cursor that leads nowhere.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="reply">What came, signed.</param>
    /// <param name="times">The events' timestamps.</param>
    /// <param name="cursor">As it came; null where none did.</param>
    public static SyncReply Understand(
        SyncRequest request, SyncReply reply, IReadOnlyList<long> times, string? cursor)
    {
        if (IsOfOlderPeer(request, reply, times))
            return reply with { Outcome = AskOutcome.OlderPeer, Reason = "it does not know this mode" };
        if (request.Mode != SyncRequest.Page || string.IsNullOrEmpty(cursor)) return reply;
        if (LedgerCursor.Parse(cursor) is not { } next)
            return reply with { Outcome = AskOutcome.Malformed, Reason = "its cursor is none", Events = [] };
        var asked = LedgerCursor.Parse(request.Cursor);
        // other events may have a bare cursor's timestamp: so the next page begins with that timestamp once more
        if (next.Id is null && (asked is null || next.Timestamp - 1 > asked.Value.Timestamp))
            return reply with { Next = new LedgerCursor(next.Timestamp - 1, null) };
        return asked is { } last && !IsBeyond(next, last)
            ? reply with { Outcome = AskOutcome.RepeatedCursor, Reason = $"it goes on at {next} after {last}" }
            : reply with { Next = next };
    }

    private static bool IsOfOlderPeer(SyncRequest request, SyncReply reply, IReadOnlyList<long> times)
    {
        if (request.Mode is not (SyncRequest.Page or SyncRequest.Sample or SyncRequest.Recent)) return false;
        if (request.Size > 0 && reply.Events.Count > request.Size) return true;
        return request.Mode switch
        {
            // newest first, which an older peer never is
            SyncRequest.Recent => times.Count > 1 && times[0] < times[^1],
            SyncRequest.Page => LedgerCursor.Parse(request.Cursor) is { } asked
                && times.Any(t => t < asked.Timestamp || (t == asked.Timestamp && asked.Id is null)),
            _ => false,
        };
    }

    private static bool IsBeyond(LedgerCursor next, LedgerCursor last)
    {
        if (next.Timestamp != last.Timestamp) return next.Timestamp > last.Timestamp;
        // a bare timestamp lies behind all events that have it
        if (next.Id is not { } id) return last.Id is not null;
        return last.Id is { } lastId && id > lastId;
    }
}
