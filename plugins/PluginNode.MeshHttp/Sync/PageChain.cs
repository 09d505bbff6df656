using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Sync;

/// <summary>
/// One range of time that is read from one neighbour, page after page; at most one page of it is under way. Where the
/// neighbour told what it holds, it ends with the event that makes it whole; else with the last page.
/// </summary>
/// <param name="member">Who is read.</param>
/// <param name="since">The first timestamp.</param>
/// <param name="claims">What it says to hold of the days that are read; empty: it did not say.</param>
internal sealed class PageChain(PageMember member, long since, IReadOnlyList<LedgerDay> claims)
{
    // for what came to the range since it was counted
    private const int More = 100;

    private readonly long _claimed = claims.Sum(c => (long)c.Count);
    private readonly Dictionary<DateOnly, (long Count, UInt128 Fingerprint)> _served = [];
    private LedgerCursor? _cursor = Days.Before(since);
    private LedgerCursor? _last;
    private bool _isAtEnd;

    public PageMember Member => member;

    public long Since => since;

    public IReadOnlyList<LedgerDay> Claims => claims;

    /// <summary>Whether a page is under way.</summary>
    public bool IsAsked { get; set; }

    /// <summary>Pages that are being merged.</summary>
    public int Merging { get; set; }

    /// <summary>Whether every event so far was one that could be taken.</summary>
    public bool IsAccepted { get; set; } = true;

    public long Received { get; private set; }

    /// <summary>Whether nothing more is to be asked.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether it came to the neighbour's last page.</summary>
    public bool IsToLastPage { get; private set; }

    /// <summary>How many events are still to come, as far as is known.</summary>
    public long Rest(int page) => IsEnded ? 0 : claims.Count == 0 ? page : Math.Max(0, _claimed - Received);

    /// <summary>What to ask next.</summary>
    /// <param name="page">Most events of a page.</param>
    public SyncRequest Request(int page)
    {
        var size = claims.Count == 0 ? page : Math.Min(page, Math.Max(_claimed - Received, 0));
        return new SyncRequest
        {
            Mode = SyncRequest.Page, PageSize = size == 0 ? Math.Min(page, More) : size, Cursor = _cursor?.ToString(),
        };
    }

    /// <summary>Takes in an answer. Null, or what is wrong with it: then it leads nowhere.</summary>
    public string? Take(SyncReply reply)
    {
        Received += reply.Events.Count;
        long newest = -1;
        foreach (var mark in reply.Marks)
        {
            newest = Math.Max(newest, mark.Time);
            if (mark.Time < 0) continue;
            var day = Days.Of(mark.Time);
            var (count, fingerprint) = _served.GetValueOrDefault(day);
            _served[day] = (count + 1, fingerprint ^ mark.Id.Value);
        }
        if (reply.Outcome == AskOutcome.RepeatedCursor) return reply.Reason;
        if (reply.Next is not { } next)
        {
            (IsEnded, IsToLastPage, _isAtEnd) = (true, true, true);
            return null;
        }
        // pages end with their last event: else they could go on for ever, and bring nothing
        if (reply.Events.Count == 0 || next.Timestamp > newest) return "its cursor lies beyond its events";
        (_cursor, _last) = (next, next);
        if (claims.Count == 0) return null;
        _isAtEnd = next.Timestamp >= Days.EndOf(claims[^1].Day) || claims.All(IsServed);
        IsEnded = _isAtEnd;
        return !IsEnded && Received > (2 * _claimed) + (10 * More) ? "it sends more than it said it holds" : null;
    }

    /// <summary>Whether all of a day was read, whatever it held.</summary>
    public bool Covers(DateOnly day) => _isAtEnd && Days.StartOf(day) >= since
        && (IsToLastPage || day <= claims[^1].Day);

    /// <summary>Whether exactly what somebody says to hold of a day came.</summary>
    public bool IsServed(LedgerDay claim) =>
        _served.TryGetValue(claim.Day, out var served) && served == (claim.Count, claim.Fingerprint);

    /// <summary>What somebody says to hold of a day besides what came.</summary>
    public (long Count, UInt128 Fingerprint) RestOf(LedgerDay claim)
    {
        var (count, fingerprint) = _served.GetValueOrDefault(claim.Day);
        return (claim.Count - count, claim.Fingerprint ^ fingerprint);
    }

    public override string ToString() => $"{member.Asked.Neighbour.Name} from {since} to {_last}";
}
