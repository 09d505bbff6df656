using System.Buffers.Binary;
using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Fuzz.Machine;

/// <summary>Chance from a seed: the same in every run. For one thread.</summary>
/// <param name="seed">Any number (SplitMix64, Steele et al. 2014).</param>
internal sealed class SeededChance(ulong seed) : IChance
{
    private ulong _state = seed;

    public void Fill(Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        for (; bytes.Length > 0; bytes = bytes[Math.Min(8, bytes.Length)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            word[..Math.Min(8, bytes.Length)].CopyTo(bytes);
        }
    }

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public Guid NewId() => UuidV7.New(StandingTime.Instance, this);

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
