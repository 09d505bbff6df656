using FsCheck;
using FsCheck.Fluent;

namespace PluginNode.Fuzz.Machine;

/// <summary>What a run has done.</summary>
internal sealed record FuzzReport(long Tries, long Accepted, int Shapes, Find? Find);

/// <summary>
/// Mutates a corpus. There is no instrumentation here, so a verdict of a new shape stands in for new coverage: such an
/// input is kept to go on from. The same target, corpus and seed give the same inputs.
/// </summary>
internal sealed class Fuzzer(FuzzTarget target, IReadOnlyList<byte[]> corpus, ulong seed)
{
    private const int MostKept = 512;
    private const int MostEdits = 5;
    private const int MostBytes = 128 * 1024;

    private readonly Gen<Edit> _edits = Gen.Frequency([.. target.Edits.Select(e => (e.Weight, Gen.Constant(e.Edit)))]);
    private byte[][] _pool = [.. corpus];
    private readonly HashSet<string> _shapes = new(StringComparer.Ordinal);

    /// <summary>Goes on until <paramref name="goOn"/> says no to a number of tries, or something is found.</summary>
    public FuzzReport Run(Func<long, bool> goOn)
    {
        var (tries, accepted) = (0L, 0L);
        while (goOn(tries))
        {
            var input = Next(tries++);
            if (Find.In(target, input, out var verdict, tries) is { } find)
                return new FuzzReport(tries, accepted, _shapes.Count, find);
            if (verdict.Accepted) accepted++;
            var shape = $"{verdict.Accepted} {Find.ShapeOf(verdict.Text)}";
            if (_shapes.Count < MostKept && _shapes.Add(shape)) _pool = [.. _pool, input];
        }
        return new FuzzReport(tries, accepted, _shapes.Count, null);
    }

    private byte[] Next(long attempt)
    {
        // each try has numbers of its own, so that none depends on how many the one before has drawn
        var chance = new Rnd(seed + ((ulong)attempt * 0x9E3779B97F4A7C15), 0xD1B54A32D192ED03);
        var gen =
            from start in Gen.Elements(_pool)
            from count in Gen.Choose(1, MostEdits)
            from edited in Edited(start, count)
            select edited;
        return Gen.Sample(gen, 50, chance, 1)[0];
    }

    private Gen<byte[]> Edited(byte[] input, int count) => count == 0 || input.Length > MostBytes
        ? Gen.Constant(input)
        : from edit in _edits
          from other in Gen.Elements(_pool)
          from once in edit(input, other)
          from more in Edited(once, count - 1)
          select more;
}
