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

/// <summary>RFC 9562, section 5.7: 48 bits of milliseconds, the rest random.</summary>
public static class UuidV7
{
    /// <summary>A new one.</summary>
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
