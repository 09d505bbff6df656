using PluginNode.Identity;

namespace PluginNode.Events;

/// <summary>A key that somebody announces as their own.</summary>
/// <param name="Name">Whose. It counts only in an event whose emitter has this name: nobody announces another's
/// key.</param>
/// <param name="Key">The key that the event must be signed with.</param>
/// <param name="ClaimedId">The announcer's id in the network that it comes from; empty where none is told. It need not
/// be under the signature: a neighbour that passes the event on may have changed it.</param>
public readonly record struct AnnouncedKey(string Name, PeerId Key, string ClaimedId);

/// <summary>Extra ability of an event kind: its events announce the key that they are signed with, so that they can be
/// verified, and the key learned, without knowing the emitter before.</summary>
public interface IKeyedKind
{
    /// <summary>The key in data that <see cref="IEventKind.Read"/> found valid, or null where there is none. The name
    /// and the key must be part of the content. From any number of threads at once; never throws for what is in the
    /// data; the data is not to be kept.</summary>
    AnnouncedKey? ReadKey(ReadOnlySpan<byte> data);
}
