using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.Ledger;

/// <summary>An event on its way into the ledger, and what was found about it so far.</summary>
/// <param name="Event">It.</param>
/// <param name="Neighbour">Who told it.</param>
/// <param name="HasWaited">Whether it had waited for a key since an earlier merge.</param>
internal sealed record Candidate(Event Event, string Neighbour, bool HasWaited)
{
    /// <summary>What came of looking at it.</summary>
    public EventCheck Check { get; private set; }

    /// <summary>What the ledger would do with it.</summary>
    public Addition Foreseen { get; private set; }

    /// <summary>What is to be merged; set as soon as the content is valid.</summary>
    public LedgerEntry? Entry { get; private set; }

    /// <summary>The key that it announces for its own emitter.</summary>
    public AnnouncedKey? Announced { get; private set; }

    /// <summary>Whether voters vouch for it.</summary>
    public bool IsVouched { get; private set; }

    /// <summary>Looks at everything, what costs most last. One thread at a time; a second time where a key became
    /// known.</summary>
    /// <param name="kind">The kind of its service.</param>
    /// <param name="keys">Who has which key.</param>
    /// <param name="index">The ledger.</param>
    /// <param name="latest">The latest time that an event may have, in nanoseconds.</param>
    public void Examine(IEventKind kind, LedgerKeys keys, LedgerIndex index, long latest)
    {
        IsVouched = kind is IVouchedKind;
        Check = EventVerifier.CheckContent(Event, kind);
        if (!Check.IsValid) return;
        if (Event.Timestamp > latest)
        {
            Check = Check.With(EventVerdict.AheadOfTime, "it is further ahead of the clock than five minutes");
            return;
        }
        Entry = LedgerEntry.Of(Event, Check.Reading, Check.Attestation, kind);
        if (!IsVouched && !Event.IsSigned)
        {
            // whatever room the ledger has: it is none of its events
            Check = EventVerifier.CheckSignature(Event, Check, emitterKey: null);
            return;
        }
        Foreseen = index.Foresee(Entry);
        if (Foreseen != Addition.Added) return;
        Announced = EventVerifier.OwnKey(Event, kind);
        Check = EventVerifier.CheckSigners(Event, Check, kind, KeyFor(keys), keys.KeyOfMember);
    }

    // An event that announces a key is signed with that key: whether it is the emitter's is decided after that.
    private PeerId? KeyFor(LedgerKeys keys)
    {
        var known = keys.KeyOf(Event.Emitter);
        return Announced is { } announced && (known is not null || keys.MayLearn(announced)) ? announced.Key : known;
    }
}
