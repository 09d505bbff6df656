using System.Buffers.Binary;
using PluginNode.Events;

namespace PluginNode.Mqtt.Wire;

/// <summary>The body of an answer with days, oldest first: for each one the days since 1970 (32 bits), how many events
/// (32 bits) and their fingerprint (16 bytes), big endian.</summary>
internal static class DaysBody
{
    private const int EntryBytes = (2 * sizeof(int)) + 16;
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>Writes the newest that there is room for.</summary>
    /// <param name="days">Oldest first.</param>
    /// <param name="mostBytes">The room.</param>
    public static byte[] Write(IReadOnlyList<LedgerDay> days, int mostBytes)
    {
        var count = Math.Min(days.Count, mostBytes / EntryBytes);
        var body = new byte[count * EntryBytes];
        var rest = body.AsSpan();
        for (var i = days.Count - count; i < days.Count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, days[i].Day.DayNumber - Epoch);
            BinaryPrimitives.WriteInt32BigEndian(rest[sizeof(int)..], days[i].Count);
            BinaryPrimitives.WriteUInt128BigEndian(rest[(2 * sizeof(int))..], days[i].Fingerprint);
            rest = rest[EntryBytes..];
        }
        return body;
    }

    /// <summary>Null for what is none: a day without events, out of its order, or that is no date.</summary>
    public static List<LedgerDay>? Read(ReadOnlySpan<byte> body)
    {
        if (body.Length % EntryBytes != 0) return null;
        var days = new List<LedgerDay>(body.Length / EntryBytes);
        for (var last = -1; !body.IsEmpty; body = body[EntryBytes..])
        {
            var day = BinaryPrimitives.ReadInt32BigEndian(body);
            var count = BinaryPrimitives.ReadInt32BigEndian(body[sizeof(int)..]);
            if (day <= last || day > DateOnly.MaxValue.DayNumber - Epoch || count <= 0) return null;
            days.Add(new LedgerDay(
                DateOnly.FromDayNumber(Epoch + day), count,
                BinaryPrimitives.ReadUInt128BigEndian(body[(2 * sizeof(int))..])));
            last = day;
        }
        return days;
    }
}
