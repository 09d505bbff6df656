using FsCheck;
using FsCheck.Fluent;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits of protobuf messages (protobuf.dev, "Encoding") that leave the rest of the message well-formed. What
/// is no message is left as it is.</summary>
internal static class ProtoEdits
{
    private const int MostBytes = 64 * 1024;
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    private static readonly ulong[] Numbers =
    [
        0, 1, 127, 128, 255, 256, 4096, 4097, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, long.MaxValue,
        1UL << 63,
        ulong.MaxValue, 253_402_300_799_999, 253_402_300_800_000,
    ];

    public static readonly Edit DuplicateField = (input, _) => OfField(input, (fields, at) =>
        from wanted in Gen.Frequency((6, Gen.Constant(1)), (2, Gen.Choose(2, 80)), (1, Gen.Choose(500, 4000)))
        let times = Math.Min(wanted, MostBytes / fields[at].Size)
        select (IEnumerable<Field>)[.. fields[..at], .. Enumerable.Repeat(fields[at], times), .. fields[at..]]);

    public static readonly Edit DropField = (input, _) => OfField(input, (fields, at) =>
        Gen.Constant<IEnumerable<Field>>([.. fields[..at], .. fields[(at + 1)..]]));

    public static readonly Edit MoveField = (input, _) => OfField(input, (fields, at) =>
        from to in Gen.Choose(0, fields.Count - 1)
        let rest = (List<Field>)[.. fields[..at], .. fields[(at + 1)..]]
        select (IEnumerable<Field>)[.. rest[..to], fields[at], .. rest[to..]]);

    public static readonly Edit TakeField = (input, other) => OfField(other, fields => OfField(input, (mine, at) =>
        from theirs in Gen.Elements(fields.ToArray())
        select (IEnumerable<Field>)[.. mine[..at], theirs, .. mine[at..]]), input);

    public static readonly Edit ChangeNumber = (input, _) => OfField(input, (fields, at) =>
        from value in Gen.Elements(Numbers)
        from digits in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Choose(1, 10)))
        select Changed(fields, at, fields[at].WithNumber(value, digits)));

    public static readonly Edit ChangeTag = (input, _) => OfField(input, (fields, at) =>
        from number in Gen.OneOf(Gen.Choose(0, 20), Gen.Elements(1000, (1 << 29) - 1, 1 << 29))
        select Changed(fields, at, fields[at] with { Number = (uint)number }));

    /// <summary>Fields that no version knows: many, each small.</summary>
    public static readonly Edit UnknownFields = (input, _) => OfField(input, (fields, at) =>
        from many in Gen.Choose(1, 400)
        from first in Gen.Choose(20, 100_000)
        select (IEnumerable<Field>)
            [.. fields, .. Enumerable.Range(first, many).Select(n => new Field((uint)n, Varint, [0]))]);

    public static readonly IReadOnlyList<(int Weight, Edit Edit)> All =
    [
        (4, DuplicateField), (2, DropField), (1, MoveField), (2, TakeField), (4, ChangeNumber), (1, ChangeTag),
        (1, UnknownFields), (6, ChangeContent),
    ];

    /// <summary>Edits what is in a field, which may be a message itself.</summary>
    private static Gen<byte[]> ChangeContent(byte[] input, byte[] other) => OfField(input, (fields, at) =>
        fields[at].Type != Delimited ? Gen.Constant<IEnumerable<Field>>(fields) :
        from edit in Gen.Frequency([.. ByteEdits.All.Concat(All).Select(e => (e.Weight, Gen.Constant(e.Edit)))])
        from content in edit(fields[at].Content, other)
        select Changed(fields, at, fields[at] with { Content = content }));

    private sealed record Field(uint Number, int Type, byte[] Content)
    {
        public int Size => Content.Length + 4;

        /// <summary>With a number as its content, in at least so many bytes where it is a varint.</summary>
        public Field WithNumber(ulong value, int digits) => Type switch
        {
            Varint => this with { Content = VarintOf(value, digits) },
            Fixed64 => this with { Content = BitConverter.GetBytes(value) },
            Fixed32 => this with { Content = BitConverter.GetBytes((uint)value) },
            _ => this,
        };
    }

    private static IEnumerable<Field> Changed(List<Field> fields, int at, Field changed) =>
        [.. fields[..at], changed, .. fields[(at + 1)..]];

    private static Gen<byte[]> OfField(byte[] input, Func<List<Field>, int, Gen<IEnumerable<Field>>> edit) =>
        OfField(input, fields =>
            from at in Gen.Choose(0, fields.Count - 1)
            from edited in edit(fields, at)
            select Write(edited), input);

    private static Gen<byte[]> OfField(byte[] message, Func<List<Field>, Gen<byte[]>> edit, byte[] otherwise) =>
        Read(message) is { Count: > 0 } fields ? edit(fields) : Gen.Constant(otherwise);

    private static List<Field>? Read(byte[] message)
    {
        var fields = new List<Field>();
        for (var at = 0; at < message.Length;)
        {
            if (ReadVarint(message, ref at) is not { } tag) return null;
            var (from, type) = (at, (int)(tag & 7));
            ulong? length = type switch
            {
                Varint => ReadVarint(message, ref at) is null ? null : (ulong)(at - from),
                Fixed64 => 8,
                Fixed32 => 4,
                Delimited => ReadVarint(message, ref at),
                _ => null,
            };
            if (type == Delimited) from = at;
            if (length is null || length > (ulong)(message.Length - from)) return null;
            at = from + (int)length;
            fields.Add(new Field((uint)(tag >> 3), type, message[from..at]));
        }
        return fields;
    }

    private static byte[] Write(IEnumerable<Field> fields)
    {
        using var message = new MemoryStream();
        foreach (var field in fields)
        {
            WriteVarint(message, ((ulong)field.Number << 3) | (uint)field.Type, 0);
            if (field.Type == Delimited) WriteVarint(message, (ulong)field.Content.Length, 0);
            message.Write(field.Content);
        }
        return message.ToArray();
    }

    private static ulong? ReadVarint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70 && at < message.Length; shift += 7)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        return null;
    }

    private static byte[] VarintOf(ulong value, int digits)
    {
        using var bytes = new MemoryStream();
        WriteVarint(bytes, value, digits);
        return bytes.ToArray();
    }

    private static void WriteVarint(MemoryStream to, ulong value, int digits)
    {
        for (; value > 0x7f || digits > 1; value >>= 7, digits--) to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }
}
