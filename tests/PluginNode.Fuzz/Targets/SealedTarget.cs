using System.Buffers.Binary;
using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Identity;
using PluginNode.Storage;

namespace PluginNode.Fuzz.Targets;

/// <summary>Sealed parts of records, and the keys that name them: a part opens in its own place and unchanged, or not
/// at all. Input: parts, the key (collection, id, sequence; big endian), the sealed header, the sealed body.</summary>
internal sealed class SealedTarget : FuzzTarget
{
    private const int KeyBytes = 1 + 16 + 8;

    private readonly HashSet<string> _sealed = new(StringComparer.Ordinal);
    private readonly RecordSealer _sealer = NewSealer(9);

    public SealedTarget()
    {
        foreach (var sample in Samples())
        {
            var parts = Parts.Split(sample.Bytes);
            foreach (var part in Enum.GetValues<RecordPart>())
                if (Open(KeyOf(parts[0])!.Value, part, parts[1 + (int)part]) is { } plain)
                    _sealed.Add(Text(KeyOf(parts[0])!.Value, part, plain));
        }
    }

    public override string Name => "sealed";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = PartEdits.With(ByteEdits.All);

    public override IEnumerable<Sample> Samples()
    {
        using var sealer = NewSealer(1);
        for (var i = 1; i <= 3; i++)
        {
            var key = new RecordKey((byte)i, new Guid(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), i);
            var bytes = new byte[KeyBytes];
            bytes[0] = key.Collection;
            key.Id.TryWriteBytes(bytes.AsSpan(1), bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(17), key.Sequence);
            yield return new Sample($"record-{i}", Parts.Join(
            [
                bytes, Seal(sealer, key, RecordPart.Header, $"header {i}"),
                i == 3 ? [] : Seal(sealer, key, RecordPart.Body, new string('b', i * 40)),
            ]));
        }
    }

    public override Verdict Check(byte[] input)
    {
        var parts = Parts.Split(input);
        if (parts.Count < 3 || KeyOf(parts[0]) is not { } key) return Verdict.Refused("no record");
        var opened = new List<string>();
        foreach (var part in Enum.GetValues<RecordPart>())
        {
            var bytes = parts[1 + (int)part];
            // a key is derived for a salt that was not seen before
            var most = (16 * 1024) + (2L * bytes.Length);
            if (Measure.Bounded(most, () => Open(key, part, bytes)) is not { } plain) continue;
            if (part == RecordPart.Body && bytes.Length == 0) continue; // sealed as nothing: the store names its length
            Holds.That(_sealed.Contains(Text(key, part, plain)), $"a {part} opens that was not sealed there");
            opened.Add(part.ToString());
        }
        return new Verdict(opened.Count > 0, string.Join(',', opened));
    }

    private byte[]? Open(RecordKey key, RecordPart part, byte[] bytes)
    {
        byte[] plain;
        var opens = part == RecordPart.Body
            ? _sealer.TryOpenBody(key, bytes, out plain)
            : _sealer.TryOpenHeader(new RecordHeader(key, _sealer.KeyId, bytes, 0), out plain);
        return opens ? plain : null;
    }

    private static RecordKey? KeyOf(ReadOnlySpan<byte> bytes) => bytes.Length == KeyBytes
        ? new RecordKey(bytes[0], new Guid(bytes.Slice(1, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64BigEndian(bytes[17..]))
        : null;

    private static byte[] Seal(RecordSealer sealer, RecordKey key, RecordPart part, string plain)
    {
        var output = new byte[RecordSealer.Overhead + plain.Length];
        sealer.Seal(key, part, Encoding.ASCII.GetBytes(plain), output);
        return output;
    }

    private static RecordSealer NewSealer(ulong seed) =>
        new(SomeNodes.Receiver, [], new SeededChance((int)seed));

    private static string Text(RecordKey key, RecordPart part, byte[] plain) =>
        $"{key} {part} {Convert.ToHexString(plain)}";
}
