using System.Buffers.Binary;
using System.Security.Cryptography;
using PluginNode.Plugins;

namespace PluginNode.Identity;

/// <summary>Chance from the operating system, a piece of it ahead: one call costs about as much for a thousand bytes as
/// for the ten of an id. What was handed out is wiped. Thread-safe.</summary>
public sealed class SystemChance(TimeProvider time) : IChance
{
    private const int AheadBytes = 1024;

    private readonly Lock _gate = new();
    private readonly byte[] _ahead = new byte[AheadBytes];
    private int _left;

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        if (bytes.Length > AheadBytes / 4)
        {
            RandomNumberGenerator.Fill(bytes);
            return;
        }
        lock (_gate)
        {
            if (_left < bytes.Length)
            {
                RandomNumberGenerator.Fill(_ahead);
                _left = AheadBytes;
            }
            var taken = _ahead.AsSpan(_left - bytes.Length, bytes.Length);
            taken.CopyTo(bytes);
            CryptographicOperations.ZeroMemory(taken);
            _left -= bytes.Length;
        }
    }

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
