using PluginNode.Identity;

namespace PluginNode.Fuzz.Worlds;

/// <summary>Nodes with the same keys in every run: one that receives, one that sends, and a stranger.</summary>
internal static class SomeNodes
{
    public static readonly NodeIdentity Receiver = Of(1);
    public static readonly NodeIdentity Sender = Of(2);
    public static readonly NodeIdentity Stranger = Of(3);

    private static NodeIdentity Of(byte seed) => NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
}
