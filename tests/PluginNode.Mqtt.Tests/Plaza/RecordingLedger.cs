using System.Buffers;
using System.Text;
using PluginNode.Events;
using PluginNode.Storage;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>A ledger that keeps what it is to record, and writes events as their data and number.</summary>
internal sealed class RecordingLedger : ILedgerWriter, IEventWriter
{
    private readonly List<(string Service, string Data)> _recorded = [];

    public IReadOnlyList<(string Service, string Data)> Recorded
    {
        get { lock (_recorded) return [.. _recorded]; }
    }

    /// <summary>What recording ends with; null: it is done.</summary>
    public Func<Task<RecordedEvent>>? Instead { get; set; }

    /// <summary>What comes of merging.</summary>
    public Func<MergeReport> Merged { get; set; } = () => throw new StoreException("the disk is gone");

    /// <summary>Whether others know the kinds of presence.</summary>
    public bool Knows { get; set; } = true;

    public Task<RecordedEvent> RecordAsync(string service, ReadOnlyMemory<byte> data)
    {
        if (Instead is { } instead) return instead();
        int number;
        lock (_recorded)
        {
            _recorded.Add((service, Encoding.UTF8.GetString(data.Span)));
            number = _recorded.Count;
        }
        var made = new Event(new EventId((UInt128)number), number, service, "self", "", [], data.Span);
        return Task.FromResult(new RecordedEvent(made, EventVerdict.Valid, null));
    }

    public Task<MergeReport> MergeAsync(
        string from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation) =>
        Task.FromResult(Merged());

    public void Write(Event @event, IBufferWriter<byte> json) =>
        json.Write(Encoding.UTF8.GetBytes($"{@event.Timestamp} {Encoding.UTF8.GetString(@event.Data.Span)}"));

    public bool IsKnownOutside(string service) => Knows;
}
