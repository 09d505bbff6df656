using System.Buffers.Binary;

namespace PluginNode.Libp2p.Yamux;

internal enum YamuxType : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}

[Flags]
internal enum YamuxFlags : ushort
{
    None = 0,

    /// <summary>A new stream; a ping that asks.</summary>
    Syn = 1,

    /// <summary>The stream is taken; a ping that answers.</summary>
    Ack = 2,

    /// <summary>The sender has finished writing.</summary>
    Fin = 4,

    /// <summary>The stream is gone.</summary>
    Reset = 8,
}

/// <summary>Why a session ends, as its go-away frame says.</summary>
internal enum GoAwayCode : uint
{
    Normal = 0,
    ProtocolError = 1,
    InternalError = 2,
}

/// <summary>
/// The twelve bytes before each frame (libp2p/specs, yamux, Framing): version 0, type, flags, stream, length; big
/// endian.
/// </summary>
/// <param name="Type">What follows.</param>
/// <param name="Flags">What becomes of the stream.</param>
/// <param name="Stream">0 for the session itself.</param>
/// <param name="Length">Of data: its bytes. Of a window update: further bytes. Of a ping: any number. Of a go-away:
/// why.</param>
internal readonly record struct YamuxHeader(YamuxType Type, YamuxFlags Flags, uint Stream, uint Length)
{
    public const int Bytes = 12;

    public void Write(Span<byte> bytes)
    {
        bytes[0] = 0;
        bytes[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], Stream);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], Length);
    }

    /// <exception cref="Libp2pException">The version, the type or the stream is none that there is. Unknown flags are
    /// passed over.</exception>
    public static YamuxHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != 0) throw Libp2pException.Malformed($"A yamux frame of version {bytes[0]}; there is only 0.");
        var header = new YamuxHeader(
            (YamuxType)bytes[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        if (header.Type > YamuxType.GoAway) throw Libp2pException.Malformed($"A yamux frame of type {bytes[1]}.");
        var ofSession = header.Type is YamuxType.Ping or YamuxType.GoAway;
        return ofSession == (header.Stream == 0) ? header
            : throw Libp2pException.Malformed($"A yamux {header.Type} frame for stream {header.Stream}.");
    }
}
