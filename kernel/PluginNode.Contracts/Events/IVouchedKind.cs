namespace PluginNode.Events;

/// <summary>What one voter vouches for.</summary>
/// <param name="Voter">The voter, as the network that the event comes from names its members, e.g. by nara id.</param>
/// <param name="Statement">The bytes that the voter signed with Ed25519, as they are. They must bind everything that
/// the content says.</param>
/// <param name="Signature">64 bytes; anything else counts as a wrong one.</param>
public sealed record Vote(string Voter, ReadOnlyMemory<byte> Statement, ReadOnlyMemory<byte> Signature);

/// <summary>Who vouches for an event.</summary>
/// <param name="Required">How many different voters, with different keys, must have signed; at least 1.</param>
/// <param name="Votes">The votes, 32 at most: each costs a signature check.</param>
public sealed record Vouching(int Required, IReadOnlyList<Vote> Votes)
{
    /// <summary>Most votes of an event.</summary>
    public const int MostVotes = 32;
}

/// <summary>Extra ability of an event kind: its events are vouched for by voters instead of by an emitter. The event's
/// own signature is not needed; where it carries one, that must be right as well.</summary>
public interface IVouchedKind
{
    /// <summary>The votes in data that <see cref="IEventKind.Read"/> found valid. From any number of threads at once;
    /// never throws for what is in the data; the data is not to be kept, and what is returned is the
    /// kernel's.</summary>
    Vouching ReadVotes(ReadOnlySpan<byte> data);
}
