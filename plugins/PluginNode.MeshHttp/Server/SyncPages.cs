using PluginNode.Events;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>
/// Picks the events of an answer, as nara's modes do: caps, defaults and order. Who is no PluginNode gets nothing of
/// services that only PluginNodes know, as such an event ends its process; and its cursor is a bare timestamp, so that
/// a page for it ends between two timestamps and not within one, where that can be.
/// </summary>
/// <param name="parts">The ledger.</param>
/// <param name="maxBytes">What the events of an answer may make, about.</param>
internal sealed class SyncPages(SyncParts parts, int maxBytes)
{
    // id, timestamp, signature, names of members
    private const int BytesAround = 320;
    private const int RecentByDefault = 100;
    private const int MaxReads = 20;

    /// <summary>The events, and for a page where the next one begins.</summary>
    public (IReadOnlyList<Event> Events, LedgerCursor? Next) Pick(SyncRequest request, bool toPluginNode)
    {
        var query = new LedgerQuery { Services = request.Services ?? [], Subjects = request.Subjects ?? [] };
        if (!toPluginNode && query.Services.Count > 0)
        {
            query = query with { Services = [.. query.Services.Where(parts.Writer.IsKnownOutside)] };
            if (query.Services.Count == 0) return ([], null);
        }
        switch (request.Mode)
        {
            case SyncRequest.Page:
                query = query with
                {
                    Limit = Cap(request.PageSize, LedgerQuery.MostEvents), After = LedgerCursor.Parse(request.Cursor),
                };
                return Page(query, toPluginNode);
            case SyncRequest.Recent:
                var limit = Cap(request.Limit, RecentByDefault);
                return (Front(Recent(query, limit, toPluginNode)), null);
            case SyncRequest.Sample:
                var size = Cap(request.SampleSize, LedgerQuery.MostEvents);
                query = query with { Mode = LedgerMode.Sample, Limit = size };
                return (Back(Known(parts.Ledger.Read(query).Events, toPluginNode)), null);
            default:
                query = query with { Since = Math.Max(0, request.SinceTime) };
                return (Back(Slice(query, request, toPluginNode)), null);
        }
    }

    private static int Cap(long size, int otherwise) =>
        size is <= 0 or > LedgerQuery.MostEvents ? otherwise : (int)size;

    private static int SizeOf(Event e) =>
        BytesAround + e.Data.Length + (2 * (e.Service.Length + e.Emitter.Length + e.EmitterId.Length));

    private (IReadOnlyList<Event> Events, LedgerCursor? Next) Page(LedgerQuery query, bool toPluginNode)
    {
        var found = new List<Event>();
        LedgerCursor? next = query.After;
        var reads = 0;
        do
        {
            var page = parts.Ledger.Read(query with { After = next, Limit = query.Limit - found.Count });
            found.AddRange(Known(page.Events, toPluginNode));
            next = page.Next;
        }
        while (next is not null && found.Count < query.Limit && ++reads < MaxReads);
        var fitting = Front(found);
        if (fitting.Count < found.Count) next = new LedgerCursor(fitting[^1].Timestamp, fitting[^1].Id);
        if (toPluginNode || next is not { } end) return (fitting, next);
        return WholeTimestamps(query, fitting, end);
    }

    private (IReadOnlyList<Event> Events, LedgerCursor? Next) WholeTimestamps(
        LedgerQuery query, List<Event> events, LedgerCursor end)
    {
        var following = parts.Ledger.Read(query with { After = end, Limit = 1 }).Events;
        var whole = events.Count;
        if (following.Count > 0 && following[0].Timestamp == end.Timestamp)
            while (whole > 0 && events[whole - 1].Timestamp == end.Timestamp) whole--;
        // a page of one timestamp alone cannot be parted from the rest of it by such a cursor
        if (whole == 0 || whole == events.Count) return (events, new LedgerCursor(end.Timestamp, null));
        return (events[..whole], new LedgerCursor(events[whole - 1].Timestamp, null));
    }

    private List<Event> Recent(LedgerQuery query, int limit, bool toPluginNode)
    {
        query = query with { Mode = LedgerMode.Recent, Limit = limit };
        var read = parts.Ledger.Read(query).Events;
        var known = Known(read, toPluginNode);
        if (known.Count == read.Count || read.Count < limit) return known;
        // others stand between those that it may have
        known = Known(parts.Ledger.Read(query with { Limit = LedgerQuery.MostEvents }).Events, toPluginNode);
        return known.Count > limit ? known[..limit] : known;
    }

    // the newest of a slice, oldest first
    private List<Event> Slice(LedgerQuery query, SyncRequest request, bool toPluginNode)
    {
        var limit = Cap(request.MaxEvents, LedgerQuery.MostEvents);
        var of = (int)Math.Clamp(request.SliceTotal, 1, int.MaxValue);
        var index = request.SliceIndex >= 0 && request.SliceIndex < of ? (int)request.SliceIndex : 0;
        List<Event> events;
        if (of == 1)
        {
            events = Recent(query, limit, toPluginNode);
            events.Reverse();
            return events;
        }
        query = query with { Mode = LedgerMode.Slice, Slice = (index, of), Limit = LedgerQuery.MostEvents };
        events = Known(parts.Ledger.Read(query).Events, toPluginNode);
        return events.Count > limit ? events[^limit..] : events;
    }

    private List<Event> Known(IReadOnlyList<Event> events, bool toPluginNode) =>
        toPluginNode ? [.. events] : [.. events.Where(e => parts.Writer.IsKnownOutside(e.Service))];

    // as many from the first on as there is room for, one at least
    private List<Event> Front(List<Event> events)
    {
        long bytes = 0;
        var count = 0;
        while (count < events.Count && ((bytes += SizeOf(events[count])) <= maxBytes || count == 0)) count++;
        return count == events.Count ? events : events[..count];
    }

    // as many up to the last, which is the newest
    private List<Event> Back(List<Event> events)
    {
        long bytes = 0;
        var count = 0;
        while (count < events.Count && ((bytes += SizeOf(events[^(count + 1)])) <= maxBytes || count == 0)) count++;
        return count == events.Count ? events : events[^count..];
    }
}
