using System.Buffers.Binary;
using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Simulation.Machine;

/// <summary>Chance from a seed, the same in every version of .NET. Thread-safe, though only
/// one thread makes it repeatable.</summary>
/// <param name="seed">Any number (SplitMix64, Steele et al. 2014).</param>
/// <param name="time">Where ids take their time from.</param>
internal sealed class SimChance(ulong seed, TimeProvider time) : IChance
{
    private readonly Lock _lock = new();
    private ulong _state = seed;

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        for (; bytes.Length > 0; bytes = bytes[Math.Min(8, bytes.Length)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            word[..Math.Min(8, bytes.Length)].CopyTo(bytes);
        }
    }

    /// <inheritdoc/>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <inheritdoc/>
    public Guid NewId() => UuidV7.New(time, this);

    private ulong Next()
    {
        lock (_lock)
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
