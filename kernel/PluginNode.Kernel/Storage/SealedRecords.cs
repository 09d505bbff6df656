using System.Buffers;
using Google.Protobuf;

namespace PluginNode.Storage;

/// <summary>A record to be sealed and appended.</summary>
internal readonly record struct Entry(
    Collection Collection, Guid Id, long Sequence, IMessage Header, ReadOnlyMemory<byte> Body = default)
{
    public int SealedHeaderBytes { get; } = RecordSealer.Overhead + Header.CalculateSize();
    public int SealedBytes => SealedHeaderBytes + RecordSealer.SealedBytes(Body.Length);
}

/// <summary>Records that are sealed for one commit, in a buffer that goes back to its pool when this is
/// disposed.</summary>
internal sealed class SealedRecords : IDisposable
{
    private readonly byte[] _buffer;

    public SealedRecords(RecordSealer sealer, IReadOnlyList<Entry> entries)
    {
        var bytes = 0;
        foreach (var entry in entries)
        {
            if (entry.SealedHeaderBytes > RecordLimits.HeaderBytes)
                throw new InvalidOperationException($"A header of {entry.Collection} has {entry.SealedHeaderBytes} bytes.");
            bytes = checked(bytes + entry.SealedBytes);
        }
        _buffer = ArrayPool<byte>.Shared.Rent(bytes);
        Records = new Record[entries.Count];
        var rest = _buffer.AsMemory();
        for (var i = 0; i < Records.Length; i++) rest = rest[Seal(sealer, entries[i], rest, out Records[i])..];
    }

    public Record[] Records { get; }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static int Seal(RecordSealer sealer, in Entry entry, Memory<byte> buffer, out Record record)
    {
        var key = new RecordKey((byte)entry.Collection, entry.Id, entry.Sequence);
        var header = buffer[..entry.SealedHeaderBytes];
        var plain = RecordSealer.PlaceIn(header.Span);
        entry.Header.WriteTo(plain);
        sealer.Seal(key, RecordPart.Header, plain, header.Span);

        var body = buffer.Slice(header.Length, RecordSealer.SealedBytes(entry.Body.Length));
        if (!body.IsEmpty) sealer.Seal(key, RecordPart.Body, entry.Body.Span, body.Span);
        record = new Record(key, sealer.KeyId, header, body);
        return header.Length + body.Length;
    }
}
