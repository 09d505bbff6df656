using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using PluginNode.Events;

namespace PluginNode.Mqtt.Wire;

/// <summary>The body of an answer with events: a <see cref="FrameList"/> whose first part is the cursor that the next
/// page begins behind, empty on the last page; each other one is an event as JSON.</summary>
internal sealed class EventsPage(int mostBytes)
{
    /// <summary>Most events of a page.</summary>
    public const int MostEvents = 1_000;

    private readonly ArrayBufferWriter<byte> _events = new();
    private readonly ArrayBufferWriter<byte> _one = new();
    private int _count;

    /// <summary>Adds an event. False: it does not fit beside those that are there.</summary>
    public bool TryAdd(Event @event, IEventWriter writer)
    {
        _one.ResetWrittenCount();
        writer.Write(@event, _one);
        // the count, the cursor, and the lengths
        const int around = 128;
        if (around + _events.WrittenCount + _one.WrittenCount > mostBytes) return false;
        BinaryPrimitives.WriteInt32BigEndian(_events.GetSpan(sizeof(int)), _one.WrittenCount);
        _events.Advance(sizeof(int));
        _events.Write(_one.WrittenSpan);
        _count++;
        return true;
    }

    /// <summary>How many events are in it.</summary>
    public int Count => _count;

    /// <summary>The body.</summary>
    public byte[] ToBytes(LedgerCursor? next)
    {
        var cursor = Encoding.ASCII.GetBytes(next?.ToString() ?? "");
        var body = new byte[(2 * sizeof(int)) + cursor.Length + _events.WrittenCount];
        BinaryPrimitives.WriteInt32BigEndian(body, _count + 1);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(sizeof(int)), cursor.Length);
        cursor.CopyTo(body.AsSpan(2 * sizeof(int)));
        _events.WrittenSpan.CopyTo(body.AsSpan((2 * sizeof(int)) + cursor.Length));
        return body;
    }
}
