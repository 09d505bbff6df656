using System.Buffers.Binary;
using System.Security.Cryptography;
using PluginNode.Plugins;

namespace PluginNode.Identity;

/// <summary>Chance from the operating system. Thread-safe.</summary>
public sealed class SystemChance(TimeProvider time) : IChance
{
    /// <inheritdoc/>
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    /// <inheritdoc/>
    public double NextDouble()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> 11) * (1.0 / (1UL << 53));
    }

    /// <inheritdoc/>
    public Guid NewId() => UuidV7.New(time, this);
}

/// <summary>Chance from a seed, for tests and simulations: the same seed gives the same run. Never for secrets.
/// Thread-safe, though only one thread makes it repeatable.</summary>
/// <param name="seed">Any number (SplitMix64, Steele et al. 2014).</param>
/// <param name="time">Where ids take their time from.</param>
public sealed class SeededChance(ulong seed, TimeProvider time) : IChance
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

/// <summary>RFC 9562, section 5.7: 48 bits of milliseconds, the rest random.</summary>
internal static class UuidV7
{
    public static Guid New(TimeProvider time, IChance chance)
    {
        Span<byte> bytes = stackalloc byte[16];
        chance.Fill(bytes[6..]);
        var ms = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < 6; i++) bytes[i] = (byte)(ms >> (40 - (8 * i)));
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
