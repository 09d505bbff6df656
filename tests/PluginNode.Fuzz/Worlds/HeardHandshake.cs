using System.Buffers.Binary;
using PluginNode.Libp2p.Wire;

namespace PluginNode.Fuzz.Worlds;

/// <summary>What one end of a connection says, up to the end of its Noise handshake: messages of multistream-select
/// until one is <c>/noise</c>, then those of the handshake.</summary>
internal sealed class HeardHandshake
{
    private readonly List<byte> _bytes = [];
    private bool _isNoise;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) _bytes.Add(b);
    }

    /// <summary>The next message of the handshake; null while it is not there.</summary>
    public byte[]? Next()
    {
        while (!_isNoise)
        {
            if (!Varint.TryRead(_bytes.ToArray(), out var length, out var at)) return null;
            if (Take(at, (int)length) is not { } text) return null;
            _isNoise = text.AsSpan().SequenceEqual("/noise\n"u8);
        }
        if (_bytes.Count < 2) return null;
        return Take(2, BinaryPrimitives.ReadUInt16BigEndian([_bytes[0], _bytes[1]]));
    }

    private byte[]? Take(int from, int count)
    {
        if (_bytes.Count < from + count) return null;
        var taken = _bytes[from..(from + count)].ToArray();
        _bytes.RemoveRange(0, from + count);
        return taken;
    }
}
