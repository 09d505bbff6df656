using PluginNode.Events;

namespace PluginNode.MeshHttp.Sync;

/// <summary>
/// Which ranges of time are still to be read, and from whom. Days on which a neighbour's fingerprint is ours are read
/// from nobody; the others from one of those that hold the same, unless what it gave turns out not to be that. No day
/// is read from one neighbour twice, so that it comes to an end whatever is rejected, waits or is pruned.
/// <para>Used between two steps only.</para>
/// </summary>
/// <param name="members">Whom there is.</param>
/// <param name="ledger">What is here.</param>
/// <param name="memory">What was read in earlier runs, and differs; null: all is read anew.</param>
/// <param name="page">Most events of a page.</param>
internal sealed class PageBoard(
    IReadOnlyList<PageMember> members, ILedger ledger, DayMemory? memory, int page)
{
    private const int MostDaysTold = 2;

    // a day as it was given, and all of it could be taken, or as it was here: who holds the same has nothing else
    private readonly HashSet<LedgerDay> _served = [];
    private readonly List<PageChain> _chains = [];
    private readonly HashSet<LedgerDay> _underWay = [];
    private Dictionary<DateOnly, LedgerDay> _ours = ledger.Days().ToDictionary(d => d.Day);

    /// <summary>How many events are still to come, as far as is known.</summary>
    public long Rest()
    {
        var open = members.Where(m => !m.IsOut).SelectMany(Open).Where(c => !_underWay.Contains(c)).Distinct();
        return open.Sum(c => (long)c.Count) + _chains.Sum(c => c.Rest(page));
    }

    /// <summary>A range of which a page is to be asked; null where there is none now.</summary>
    /// <param name="chainsEach">Ranges of one neighbour at once.</param>
    public PageChain? Next(int chainsEach)
    {
        // what a neighbour that is left out was to give goes to others
        foreach (var left in _chains.FindAll(c => c.Member.IsOut && !c.IsAsked && c.Merging == 0)) Drop(left);
        if (_chains.Find(c => !c.IsAsked && !c.IsEnded && !c.Member.IsOut) is { } going) return going;
        foreach (var member in members.Where(m => !m.IsOut && !m.IsAskedDays).OrderBy(m => m.Asked.InARow).ThenBy(Load))
        {
            var chain = member.WantsDays || Load(member) >= chainsEach ? null
                : member.IsPlain ? Plain(member)
                : member.WantsTail ? Tail(member)
                : Range(member);
            if (chain is null) continue;
            _chains.Add(chain);
            _underWay.UnionWith(chain.Claims);
            return chain;
        }
        return null;
    }

    /// <summary>A range that led nowhere is dropped: others take it, or the same neighbour anew.</summary>
    public void Drop(PageChain chain)
    {
        _chains.Remove(chain);
        _underWay.ExceptWith(chain.Claims);
    }

    /// <summary>A range came to its end, and all of it was merged.</summary>
    public void Finish(PageChain chain)
    {
        Drop(chain);
        var member = chain.Member;
        Compare();
        if (member.IsPlain)
        {
            member.IsReadToEnd |= chain.IsToLastPage;
            return;
        }
        if (chain.Claims.Count == 0) member.WantsTail = false;
        member.Read(chain);
        if (!chain.IsAccepted) return;
        foreach (var claim in member.Claims!)
            if (chain.Covers(claim.Day) ? chain.IsServed(claim) : IsRestHere(claim, chain)) _served.Add(claim);
        if (chain.Claims.Count > 0) return;
        foreach (var other in members)
            if (other.WantsTail && HasSameTail(other, chain)) other.WantsTail = false;
    }

    /// <summary>Looks at what is here now. What agrees is settled for this run: what comes to that day from others is
    /// no reason to read it.</summary>
    public void Compare()
    {
        _ours = ledger.Days().ToDictionary(d => d.Day);
        foreach (var member in members) _served.UnionWith((member.Claims ?? []).Where(IsOurs));
    }

    /// <summary>Has a neighbour asked for its days once more where they differ though nothing is left to be read: there
    /// may be something new. False where that would be no use.</summary>
    public bool Renew(PageMember member)
    {
        if (member.IsOut || member.WantsDays || member.IsAskedDays || member.WantsTail || Load(member) > 0
            || member.DaysTold >= MostDaysTold || member.Claims is not { } claims) return false;
        // after a tail what differs may be newer than the days: it is compared again before a day is read as a whole
        if (member.Since == 0 && Open(member).Any()) return false;
        if (!claims.Any(c => !IsOurs(c) && !Knows(member, c))) return false;
        member.Renew();
        return true;
    }

    /// <summary>Whether a neighbour was read to its end, or holds what is here.</summary>
    public bool IsSettled(PageMember member) => member.Claims is null
        ? member.IsReadToEnd
        : !Open(member).Any();

    /// <summary>Of a neighbour that was read: the days that differ all the same.</summary>
    public IReadOnlyCollection<LedgerDay> Different(PageMember member) =>
        [.. (member.Claims ?? []).Where(c => !IsOurs(c) && !IsOpen(member, c))];

    private bool IsOurs(LedgerDay claim) => _ours.TryGetValue(claim.Day, out var ours) && ours == claim;

    // Of the day on which a tail begins: what the neighbour holds of it before the tail, by its own word, is here.
    private bool IsRestHere(LedgerDay claim, PageChain chain)
    {
        if (chain.Claims.Count > 0 || !chain.IsToLastPage || Days.Of(chain.Since) != claim.Day) return false;
        var (count, fingerprint) = chain.RestOf(claim);
        LedgerCursor? after = Days.Before(Days.StartOf(claim.Day));
        do
        {
            var read = ledger.Read(new LedgerQuery { Limit = LedgerQuery.MostEvents, After = after });
            foreach (var older in read.Events.TakeWhile(e => e.Timestamp < chain.Since))
                (count, fingerprint) = (count - 1, fingerprint ^ older.Id.Value);
            after = read.Next;
        }
        while (count > 0 && after is { } last && last.Timestamp < chain.Since);
        return (count, fingerprint) == (0, UInt128.Zero);
    }

    private bool Knows(PageMember member, LedgerDay claim) =>
        memory?.Knows(member.Asked.Neighbour.Id, claim) ?? false;

    private bool IsOpen(PageMember member, LedgerDay claim) =>
        !IsOurs(claim) && !member.HasRead(claim.Day) && !_served.Contains(claim) && !Knows(member, claim);

    private IEnumerable<LedgerDay> Open(PageMember member) =>
        (member.Claims ?? []).Where(claim => IsOpen(member, claim));

    private int Load(PageMember member) => _chains.Count(c => c.Member == member);

    private PageChain? Plain(PageMember member) =>
        member.IsReadToEnd || Load(member) > 0 ? null : new PageChain(member, member.Since, []);

    private PageChain? Tail(PageMember member)
    {
        if (!Open(member).Any())
        {
            member.WantsTail = false;
            return null;
        }
        // who holds the same gives the same: one of them is enough
        var isUnderWay = Load(member) > 0
            || _chains.Exists(c => c.Claims.Count == 0 && !c.Member.IsPlain && HasSameTail(member, c));
        return isUnderWay ? null : new PageChain(member, member.Since, []);
    }

    private static bool HasSameTail(PageMember member, PageChain chain) => chain.Since <= member.Since
        && member.HoldsAs(chain.Member, Days.Of(chain.Since));

    // days one after the other that make a page
    private PageChain? Range(PageMember member)
    {
        var claims = new List<LedgerDay>();
        long count = 0;
        foreach (var claim in member.Claims!)
        {
            var isFree = IsOpen(member, claim) && !_underWay.Contains(claim);
            if (claims.Count > 0 && (!isFree || count + claim.Count > page)) break;
            if (!isFree) continue;
            claims.Add(claim);
            count += claim.Count;
        }
        return claims.Count == 0 ? null : new PageChain(member, Days.StartOf(claims[0].Day), claims);
    }
}
