using PluginNode.Identity;

namespace PluginNode.Events;

/// <summary>The keys that emitters have, as far as this node has learned them beyond its peer list. They verify events
/// and sync only: frames are taken from the peer list alone. Callable from any thread; no call waits.</summary>
public interface IEventKeys
{
    /// <summary>The key of an emitter that is not in the peer list; null where none is known, or where the node trusts
    /// nobody else. The peer list's key of a name always wins: ask it first.</summary>
    PeerId? Find(string name);

    /// <summary>The emitters whose keys were learned, in ordinal order, those of the peer list aside; at most 10 000.
    /// None where the node trusts nobody else.</summary>
    IReadOnlyList<string> Names();
}
