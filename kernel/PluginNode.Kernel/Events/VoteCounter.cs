using PluginNode.Identity;

namespace PluginNode.Events;

/// <summary>Counts who vouches for an event.</summary>
internal static class VoteCounter
{
    public static EventCheck Check(
        Event @event, EventCheck content, IVouchedKind kind, Func<string, PeerId?> keyOfVoter)
    {
        Vouching vouching;
        try
        {
            vouching = kind.ReadVotes(@event.Data.Span);
        }
        catch (Exception e)
        {
            return EventVerifier.Failed(@event, e);
        }
        if (vouching.Required < 1) return content.With(EventVerdict.NotVouched, "its kind requires no voter at all");
        if (vouching.Votes.Count > Vouching.MostVotes)
            return content.With(EventVerdict.NotVouched, $"it has more than {Vouching.MostVotes} votes");
        return Count(content, vouching, keyOfVoter);
    }

    // A key counts once: else a voter could be listed, or go under several names, until it is enough.
    private static EventCheck Count(EventCheck content, Vouching vouching, Func<string, PeerId?> keyOfVoter)
    {
        var signed = new HashSet<PeerId>();
        var unknown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var vote in vouching.Votes)
        {
            if (keyOfVoter(vote.Voter) is not { } key) unknown.Add(vote.Voter);
            else if (!signed.Contains(key) && Ed25519.Verify(key, vote.Statement.Span, vote.Signature.Span))
            {
                signed.Add(key);
                if (signed.Count >= vouching.Required) return content;
            }
        }
        var found = $"{signed.Count} of {vouching.Required} voters needed vouch for it, {unknown.Count} are not known";
        var mayBecomeEnough = signed.Count + unknown.Count >= vouching.Required;
        return content.With(mayBecomeEnough ? EventVerdict.UnknownKey : EventVerdict.NotVouched, found);
    }
}
