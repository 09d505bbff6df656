using FsCheck;

namespace PluginNode.Fuzz.Machine;

/// <summary>A valid input, named for the file that it is kept in.</summary>
internal readonly record struct Sample(string Name, byte[] Bytes);

/// <summary>What a decoder said of an input.</summary>
/// <param name="Accepted">Whether it took it.</param>
/// <param name="Text">Why not, or how: inputs whose texts have another shape are worth going on from.</param>
internal readonly record struct Verdict(bool Accepted, string Text)
{
    public static Verdict Took(string how = "") => new(true, how);

    public static Verdict Refused(string why) => new(false, why);
}

/// <summary>Makes inputs out of one: <paramref name="other"/> is another one, to take parts from.</summary>
internal delegate Gen<byte[]> Edit(byte[] input, byte[] other);

/// <summary>
/// One decoder of outside bytes. To add one: derive, name it, give valid samples and the edits that fit its format, and
/// say in <see cref="Check"/> what must hold of every input; then list it in <see cref="AllTargets"/> and write its
/// corpus with <c>build/fuzz NAME --corpus tests/PluginNode.Fuzz/corpus</c>.
/// </summary>
internal abstract class FuzzTarget
{
    /// <summary>Names it on the command line, and its folders: <c>[a-z-]</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Valid inputs, made by the product's own encoders where it has any. The same at each call.</summary>
    public abstract IEnumerable<Sample> Samples();

    /// <summary>How to change an input: general ones of <see cref="Edits"/>, and those of its format, by
    /// weight.</summary>
    public abstract IReadOnlyList<(int Weight, Edit Edit)> Edits { get; }

    /// <summary>
    /// Decodes, and checks the property. The same input always gives the same verdict. A refusal that is documented is
    /// a verdict; every other exception is a find.
    /// </summary>
    /// <exception cref="BrokenPropertyException">The property does not hold.</exception>
    public abstract Verdict Check(byte[] input);

    public override string ToString() => Name;
}

/// <summary>An input for which a property does not hold.</summary>
internal sealed class BrokenPropertyException(string message) : Exception(message);

/// <summary>States properties.</summary>
internal static class Holds
{
    /// <exception cref="BrokenPropertyException">It does not.</exception>
    public static void That(bool condition, string otherwise)
    {
        if (!condition) throw new BrokenPropertyException(otherwise);
    }
}
