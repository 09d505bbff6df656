using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace PluginNode.Libp2p.Discovery;

/// <summary>What is asked for, or told (RFC 1035, section 3.2.2). Others are passed over.</summary>
internal enum DnsType
{
    Pointer = 12,
    Text = 16,
    Any = 255,
}

/// <summary>What somebody asks.</summary>
internal sealed record DnsQuestion(DnsName Name, DnsType Type);

/// <summary>What somebody tells.</summary>
/// <param name="Name">Of what.</param>
/// <param name="Ttl">How many seconds it holds; 0: no longer.</param>
internal abstract record DnsRecord(DnsName Name, uint Ttl);

/// <summary>One of a service's instances.</summary>
internal sealed record PointerRecord(DnsName Name, uint Ttl, DnsName Target) : DnsRecord(Name, Ttl);

/// <summary>What an instance says of itself: texts of up to 255 bytes, a character each.</summary>
internal sealed record TextRecord(DnsName Name, uint Ttl, IReadOnlyList<string> Texts) : DnsRecord(Name, Ttl);

/// <summary>
/// A message of multicast DNS (RFC 1035, section 4; RFC 6762, section 18), as much of it as discovery needs: questions,
/// and of all sections of records those of type PTR and TXT of the class IN.
/// </summary>
internal sealed record DnsMessage(
    bool IsResponse, IReadOnlyList<DnsQuestion> Questions, IReadOnlyList<DnsRecord> Records)
{
    /// <summary>Bytes of a datagram (RFC 6762, section 17).</summary>
    public const int MostBytes = 9000;

    /// <summary>Questions and records in one message.</summary>
    public const int MostEntries = 256;

    private const int HeaderBytes = 12;
    private const int RecordHeadBytes = 10;
    private const ushort Response = 0x8400; // and authoritative (RFC 6762, section 18.4)
    private const ushort ResponseBit = 0x8000, OtherKind = 0x780F; // an operation or an error (sections 18.3, 18.11)
    private const ushort Internet = 1, AnyClass = 255;
    private const ushort ClassBits = 0x7FFF; // the first bit asks for a unicast answer, or flushes caches
    private const ushort Flush = 0x8000;

    /// <summary>What goes into the section of additional records (RFC 6763, section 12); of a message that was read
    /// these are among <see cref="Records"/>.</summary>
    public IReadOnlyList<DnsRecord> Additional { get; init; } = [];

    /// <exception cref="Libp2pException">It is malformed or beyond the limits.</exception>
    public static DnsMessage Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < HeaderBytes or > MostBytes)
            throw Libp2pException.Malformed($"A DNS message of {bytes.Length} bytes.");
        var flags = Number(bytes, 2);
        if ((flags & OtherKind) != 0) throw Libp2pException.Malformed("A DNS message that neither asks nor answers.");
        int questions = Number(bytes, 4), records = Number(bytes, 6) + Number(bytes, 8) + Number(bytes, 10);
        if (questions + records > MostEntries)
            throw new Libp2pException(
                Libp2pFault.Limit, $"A DNS message of {questions + records} entries; {MostEntries} are taken.");
        var (asked, told, at) = (new List<DnsQuestion>(), new List<DnsRecord>(), HeaderBytes);
        for (var i = 0; i < questions; i++)
        {
            var name = DnsName.Read(bytes, ref at);
            var type = (DnsType)Number(bytes, at);
            var ofClass = Number(bytes, at + 2) & ClassBits;
            at += 4;
            if (Enum.IsDefined(type) && ofClass is Internet or AnyClass) asked.Add(new DnsQuestion(name, type));
        }
        for (var i = 0; i < records; i++)
            if (ReadRecord(bytes, ref at) is { } record) told.Add(record);
        return new DnsMessage((flags & ResponseBit) != 0, asked, told);
    }

    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        Numbers(
            bytes, 0, IsResponse ? Response : (ushort)0, (ushort)Questions.Count, (ushort)Records.Count, 0,
            (ushort)Additional.Count);
        foreach (var (name, type) in Questions)
        {
            bytes.Write(name.ToBytes());
            Numbers(bytes, (ushort)type, Internet);
        }
        foreach (var record in Records.Concat(Additional))
        {
            // Of a text there is one, which takes the place of what it said before (RFC 6762, section 10.2).
            var (type, ofClass, data) = record is PointerRecord pointer
                ? (DnsType.Pointer, Internet, pointer.Target.ToBytes())
                : (DnsType.Text, (ushort)(Internet | Flush), ToBytes(((TextRecord)record).Texts));
            bytes.Write(record.Name.ToBytes());
            Numbers(
                bytes, (ushort)type, ofClass, (ushort)(record.Ttl >> 16), (ushort)record.Ttl, (ushort)data.Length);
            bytes.Write(data);
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static DnsRecord? ReadRecord(ReadOnlySpan<byte> bytes, ref int at)
    {
        var name = DnsName.Read(bytes, ref at);
        var type = (DnsType)Number(bytes, at);
        var ofClass = Number(bytes, at + 2) & ClassBits;
        var ttl = ((uint)Number(bytes, at + 4) << 16) | Number(bytes, at + 6);
        int from = at + RecordHeadBytes, end = from + Number(bytes, at + 8);
        if (end > bytes.Length) throw Libp2pException.Malformed("A DNS record is cut short.");
        at = end;
        if (ofClass != Internet) return null;
        if (type == DnsType.Text) return new TextRecord(name, ttl, ReadTexts(bytes[from..end]));
        if (type != DnsType.Pointer) return null;
        // What it points to may refer to anything before it, and so is read within the whole message.
        var target = DnsName.Read(bytes[..end], ref from);
        return from == end ? new PointerRecord(name, ttl, target)
            : throw Libp2pException.Malformed("A DNS record has another length than its name.");
    }

    private static List<string> ReadTexts(ReadOnlySpan<byte> data)
    {
        var texts = new List<string>();
        while (!data.IsEmpty)
        {
            var length = data[0];
            if (data.Length <= length) throw Libp2pException.Malformed("A text in a DNS record is cut short.");
            if (length > 0) texts.Add(Encoding.Latin1.GetString(data.Slice(1, length))); // RFC 6763, section 6.4
            data = data[(1 + length)..];
        }
        return texts;
    }

    // A record has at least one text (RFC 1035, section 3.3.14).
    private static byte[] ToBytes(IReadOnlyList<string> texts) => texts.Count == 0 ? [0]
        : [.. texts.SelectMany(t => (byte[])[checked((byte)t.Length), .. Encoding.Latin1.GetBytes(t)])];

    private static ushort Number(ReadOnlySpan<byte> bytes, int at) => at + 2 <= bytes.Length
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..])
        : throw Libp2pException.Malformed("A DNS message is cut short.");

    private static void Numbers(ArrayBufferWriter<byte> bytes, params ReadOnlySpan<ushort> numbers)
    {
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.GetSpan(2), number);
            bytes.Advance(2);
        }
    }
}
