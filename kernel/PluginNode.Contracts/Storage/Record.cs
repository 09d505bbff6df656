namespace PluginNode.Storage;

/// <summary>Names the key that sealed a record, without revealing it: 8 bytes derived from it.</summary>
/// <param name="Value">The 8 bytes as a big-endian number.</param>
public readonly record struct KeyId(ulong Value)
{
    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What a store knows of a record. The kernel assigns all of it, and compaction keeps it.</summary>
/// <param name="Collection">Which of the kernel's collections.</param>
/// <param name="Id">The record's id; two records of one collection may share it, never a sequence.</param>
/// <param name="Sequence">Unique in the store, greater than that of every record committed before; from 1.</param>
public readonly record struct RecordKey(byte Collection, Guid Id, long Sequence);

/// <summary>A record's small part, sealed by the kernel before the store sees it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="KeyId">The key that sealed it.</param>
/// <param name="Sealed">The sealed header, at most <see cref="RecordLimits.HeaderBytes"/>.</param>
/// <param name="BodyBytes">Length of the sealed body.</param>
public readonly record struct RecordHeader(RecordKey Key, KeyId KeyId, ReadOnlyMemory<byte> Sealed, int BodyBytes);

/// <summary>A whole record. The buffers are the kernel's and stay unchanged until the commit's task
/// completes.</summary>
public readonly record struct Record(RecordKey Key, KeyId KeyId, ReadOnlyMemory<byte> Header, ReadOnlyMemory<byte> Body);

/// <summary>A body that was asked for. Null <paramref name="Body"/>: it is damaged (and in quarantine by now), or there
/// is no such record.</summary>
public readonly record struct RecordBody(long Sequence, ReadOnlyMemory<byte>? Body);

/// <summary>What is committed together: all of it, or none.</summary>
/// <param name="Appends">Records in ascending sequence.</param>
/// <param name="Removals">Sequences of records to remove. Unknown or removed ones are ignored.</param>
public sealed record RecordBatch(IReadOnlyList<Record> Appends, IReadOnlyList<long> Removals);

/// <summary>Bounds that the kernel keeps and a store may rely on.</summary>
public static class RecordLimits
{
    /// <summary>Most bytes of a sealed header.</summary>
    public const int HeaderBytes = 64 * 1024;

    /// <summary>Most bytes of a sealed body.</summary>
    public const int BodyBytes = 20 * 1024 * 1024;
}
