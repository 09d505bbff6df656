using FsCheck;
using FsCheck.Fluent;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits of inputs that are made of <see cref="Parts"/>.</summary>
internal static class PartEdits
{
    public static readonly Edit Duplicate = (input, other) => OfPart(input, (parts, at) =>
        from times in Gen.Frequency((8, Gen.Constant(1)), (1, Gen.Choose(2, 40)))
        select (IEnumerable<byte[]>)[.. parts[..at], .. Enumerable.Repeat(parts[at], times), .. parts[at..]]);

    public static readonly Edit Drop = (input, other) => OfPart(input, (parts, at) =>
        Gen.Constant<IEnumerable<byte[]>>([.. parts[..at], .. parts[(at + 1)..]]));

    public static readonly Edit Swap = (input, other) => OfPart(input, (parts, at) =>
        from to in Gen.Choose(0, parts.Count - 1)
        let rest = (List<byte[]>)[.. parts[..at], .. parts[(at + 1)..]]
        select (IEnumerable<byte[]>)[.. rest[..to], parts[at], .. rest[to..]]);

    public static readonly Edit Take = (input, other) => OfPart(input, (parts, at) =>
        from theirs in Gen.Elements(Parts.Split(other) is { Count: > 0 } some ? some.ToArray() : [other])
        select (IEnumerable<byte[]>)[.. parts[..at], theirs, .. parts[at..]]);

    /// <summary>Edits one part and leaves the others whole.</summary>
    public static Edit Within(IReadOnlyList<(int Weight, Edit Edit)> edits) => (input, other) =>
        OfPart(input, (parts, at) =>
        from edit in Gen.Frequency([.. edits.Select(e => (e.Weight, Gen.Constant(e.Edit)))])
        from theirs in Gen.Elements(Parts.Split(other) is { Count: > 0 } some ? some.ToArray() : [other])
        from part in edit(parts[at], theirs)
        select (IEnumerable<byte[]>)[.. parts[..at], part, .. parts[(at + 1)..]]);

    /// <summary>What a target of parts does, mostly within one of them.</summary>
    public static IReadOnlyList<(int Weight, Edit Edit)> With(IReadOnlyList<(int Weight, Edit Edit)> edits) =>
        [(14, Within(edits)), (1, Duplicate), (1, Drop), (1, Swap), (1, Take)];

    private static Gen<byte[]> OfPart(byte[] input, Func<List<byte[]>, int, Gen<IEnumerable<byte[]>>> edit) =>
        Parts.Split(input) is { Count: > 0 } parts
            ? from at in Gen.Choose(0, parts.Count - 1)
              from edited in edit(parts, at)
              select Parts.Join(edited)
            : Gen.Constant(input);
}
