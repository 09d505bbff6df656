using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Sync;

/// <summary>What a run of <c>mesh-pages</c> knows of a neighbour.</summary>
internal sealed class PageMember(Asked asked, long since, bool asksDays)
{
    private readonly HashSet<DateOnly> _read = [];

    public Asked Asked => asked;

    /// <summary>Everything older was read in an earlier run.</summary>
    public long Since => since;

    /// <summary>Whether it is to be asked for its days, and what for is not known before.</summary>
    public bool WantsDays { get; private set; } = asksDays;

    public bool IsAskedDays { get; set; }

    /// <summary>How often it told its days.</summary>
    public int DaysTold { get; private set; }

    /// <summary>What it holds by day; null where it did not say.</summary>
    public IReadOnlyList<LedgerDay>? Claims { get; private set; }

    /// <summary>What is newer than <see cref="Since"/> goes before days that are read as a whole.</summary>
    public bool WantsTail { get; set; } = asksDays && since > 0;

    /// <summary>Whether its pages are read one after the other, as it has no call for days.</summary>
    public bool IsPlain => !WantsDays && Claims is null;

    /// <summary>Whether it, being plain, was read to its last page.</summary>
    public bool IsReadToEnd { get; set; }

    /// <summary>Why nothing more of it can be read, however well it answers; null where it can.</summary>
    public string? Stuck { get; set; }

    public bool IsOut => asked.IsLeftOut || Stuck is not null;

    /// <summary>Takes in what came of asking for days.</summary>
    public void TakeDays(DaysReply answer)
    {
        IsAskedDays = false;
        if (answer.Reply.HasAnswer)
        {
            asked.WasOfUse();
            Claims = [.. answer.Days.Where(d => d.Day >= Days.First && d.Day <= Days.Last)];
            DaysTold++;
            WantsDays = false;
            return;
        }
        if (!SyncRun.HasNoSuchCall(answer.Reply)) asked.Failed(answer.Reply.Reason ?? "no days");
        // who answers something else may still have pages; what it told before stays
        if (answer.Reply.Outcome is AskOutcome.Unreachable or AskOutcome.Busy or AskOutcome.TooSlow) return;
        WantsDays = false;
        WantsTail = false;
    }

    /// <summary>Has it asked for its days once more.</summary>
    public void Renew() => WantsDays = true;

    /// <summary>Whether all of a day was read from it in this run.</summary>
    public bool HasRead(DateOnly day) => _read.Contains(day);

    /// <summary>All that the chain covers was read.</summary>
    public void Read(PageChain chain)
    {
        foreach (var claim in Claims ?? []) if (chain.Covers(claim.Day)) _read.Add(claim.Day);
    }

    /// <summary>Whether both hold the same from a day on, as far as they said.</summary>
    public bool HoldsAs(PageMember other, DateOnly from) =>
        Claims is { } mine && other.Claims is { } theirs
        && mine.Where(d => d.Day >= from).SequenceEqual(theirs.Where(d => d.Day >= from));
}
