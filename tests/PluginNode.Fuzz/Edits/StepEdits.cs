using FsCheck;
using FsCheck.Fluent;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits of a remote's script: steps that do to the bytes of other steps what could not be written down
/// beforehand, as they are encrypted.</summary>
internal static class StepEdits
{
    public static readonly Edit Spoil = (input, _) =>
        from which in Gen.Choose(0, 1)
        from at in Gen.OneOf(Gen.Choose(0, 4), Gen.Choose(0, 300))
        from mask in Gen.OneOf(Gen.Choose(0, 7).Select(bit => 1 << bit), Gen.Choose(1, 255))
        from edited in Insert(
            input, [(byte)RemoteStep.Spoil, (byte)which, (byte)(at >> 8), (byte)at, (byte)mask])
        select edited;

    public static readonly Edit Again = (input, _) => Insert(input, [(byte)RemoteStep.Again]);

    public static readonly Edit Endless = (input, _) => Insert(input, [(byte)RemoteStep.Endless]);

    public static readonly IReadOnlyList<(int Weight, Edit Edit)> All = [(6, Spoil), (2, Again), (2, Endless)];

    // not before the first part, which says who the remote is
    private static Gen<byte[]> Insert(byte[] input, byte[] step) =>
        Parts.Split(input) is { Count: > 0 } parts
            ? from at in Gen.Choose(1, parts.Count)
              select Parts.Join([.. parts[..at], step, .. parts[at..]])
            : Gen.Constant(input);
}
