using System.Buffers.Binary;

namespace PluginNode.Wire;

/// <summary>A frame's fields, as slices of the bytes that arrived.</summary>
internal struct FrameFields
{
    public uint Version;
    public ReadOnlyMemory<byte> Envelope;
    public ulong Epoch;
    public ulong Position;
    public ReadOnlyMemory<byte> Signature;
    public ReadOnlyMemory<byte> Proof;
    public uint Index;
    public uint Count;
}

/// <summary>
/// Reads a <c>Frame</c> of envelope.proto without copying: the library's parser would copy the envelope, which is
/// nearly all of it, before anything has been checked. Encoding: protobuf.dev, "Encoding"; unknown fields are skipped.
/// </summary>
internal ref struct FrameReader(ReadOnlyMemory<byte> bytes)
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    private int _at;

    /// <summary>False where it is no well-formed message.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out FrameFields frame)
    {
        frame = default;
        var reader = new FrameReader(bytes);
        while (reader._at < bytes.Length)
            if (!reader.ReadField(ref frame)) return false;
        return true;
    }

    /// <summary>How often a field, which holds messages, stands in a message, before anything is made of it. False
    /// where it or one of those is not well-formed: the library skips what it does not know without looking
    /// closely.</summary>
    public static bool TryCount(ReadOnlyMemory<byte> bytes, uint field, out int count)
    {
        count = 0;
        var reader = new FrameReader(bytes);
        while (reader._at < bytes.Length)
        {
            if (!reader.ReadValue(out var tag, out _, out var part)) return false;
            if (tag >> 3 != field) continue;
            if (!IsMessage(part)) return false;
            count++;
        }
        return true;
    }

    private static bool IsMessage(ReadOnlyMemory<byte> bytes)
    {
        var reader = new FrameReader(bytes);
        while (reader._at < bytes.Length)
            if (!reader.ReadValue(out _, out _, out _)) return false;
        return true;
    }

    private bool ReadValue(out ulong tag, out ulong number, out ReadOnlyMemory<byte> part)
    {
        (number, part) = (0, default);
        if (!ReadVarint(out tag) || tag >> 3 is 0 or > 0x1FFFFFFF) return false;
        return (int)(tag & 7) switch
        {
            Varint => ReadVarint(out number),
            Fixed64 => ReadPart(8, out part),
            Fixed32 => ReadPart(4, out part),
            Delimited => ReadVarint(out var length) && ReadPart(length, out part),
            _ => false,
        };
    }

    private bool ReadField(ref FrameFields frame)
    {
        if (!ReadValue(out var tag, out var number, out var part)) return false;
        var wireType = (int)(tag & 7);
        switch (tag >> 3, wireType)
        {
            case (1, Varint): frame.Version = (uint)number; break;
            case (2, Delimited): frame.Envelope = part; break;
            case (3, Fixed64): frame.Epoch = BinaryPrimitives.ReadUInt64LittleEndian(part.Span); break;
            case (4, Varint): frame.Position = number; break;
            case (5, Delimited): frame.Signature = part; break;
            case (6, Delimited): frame.Proof = part; break;
            case (7, Varint): frame.Index = (uint)number; break;
            case (8, Varint): frame.Count = (uint)number; break;
            default: return tag >> 3 > 8; // a known field with another wire type is no frame
        }
        return true;
    }

    private bool ReadPart(ulong length, out ReadOnlyMemory<byte> part)
    {
        part = default;
        if (length > (ulong)(bytes.Length - _at)) return false;
        part = bytes.Slice(_at, (int)length);
        _at += (int)length;
        return true;
    }

    private bool ReadVarint(out ulong value)
    {
        value = 0;
        var span = bytes.Span;
        for (var shift = 0; shift < 64 && _at < span.Length; shift += 7)
        {
            var b = span[_at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return true;
        }
        return false;
    }
}
