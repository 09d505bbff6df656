using Google.Protobuf;
using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Storage;
using PluginNode.Storage.Records;
using EventId = PluginNode.Events.EventId;

namespace PluginNode.Ledger;

/// <summary>One event as it stands in a record.</summary>
internal static class EventRecords
{
    private const int BodiesAtOnce = 32;

    /// <summary>A record of these events.</summary>
    public static Entry Write(long sequence, IReadOnlyCollection<LedgerEntry> entries)
    {
        var body = new StoredEvents();
        foreach (var entry in entries) body.Events.Add(Write(entry));
        var header = new EventsHeader { Count = entries.Count };
        return new Entry(Collection.Events, Guid.Empty, sequence, header, body.ToByteArray());
    }

    /// <summary>About how many bytes of a record an event takes.</summary>
    public static int BytesOf(LedgerEntry entry) => entry.Event.Data.Length + entry.Event.Signature.Length + 160;

    /// <summary>Reads the events of all records, in order, several records at once. A damaged one is reported, and its
    /// events are just not there.</summary>
    public static async IAsyncEnumerable<(RecordHeader Header, LedgerEntry[] Entries)> ReadAsync(
        IReadOnlyList<(RecordHeader Header, EventsHeader Plain)> records, Journal journal, EventKinds kinds,
        ILogger logger,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var names = new Names();
        foreach (var part in records.Chunk(BodiesAtOnce))
        {
            var bodies = await journal.ReadAsync(
                [.. part.Select(r => new BodyKey(r.Header.Key, r.Header.BodyBytes))], cancellation);
            for (var i = 0; i < part.Length; i++)
            {
                var (header, plain) = part[i];
                if (bodies[i] is not { } body)
                {
                    LogMessages.EventsDamaged(logger, plain.Count, header.Key.Sequence);
                    continue;
                }
                LedgerEntry[]? entries = null;
                string? problem = null;
                try
                {
                    entries = [.. StoredEvents.Parser.ParseFrom(body.Span).Events.Select(e => Read(e, kinds, names))];
                }
                catch (Exception e) when (e is InvalidProtocolBufferException or ArgumentException)
                {
                    problem = e.Message;
                }
                // An emptied body is sealed as nothing: the header knows how many there were.
                if (entries?.Length is { } count && count != plain.Count)
                    (entries, problem) = (null, $"{count} are there and not {plain.Count}");
                if (entries is not null) yield return (header, entries);
                else
                {
                    LogMessages.EventsDamaged(logger, plain.Count, header.Key.Sequence);
                    await journal.QuarantineAsync(header.Key.Sequence, $"unreadable events: {problem}", cancellation);
                }
            }
        }
    }

    private static StoredEvent Write(LedgerEntry entry)
    {
        var e = entry.Event;
        return new StoredEvent
        {
            Id = Bytes16.Write(e.Id.Value),
            Timestamp = e.Timestamp,
            Service = e.Service,
            Emitter = e.Emitter,
            EmitterId = e.EmitterId,
            Signature = UnsafeByteOperations.UnsafeWrap(e.Signature),
            Data = UnsafeByteOperations.UnsafeWrap(e.Data),
            Actor = entry.Actor,
            Target = entry.Target,
            Importance = (int)entry.Importance,
            Attestation = entry.Attestation == 0 ? ByteString.Empty : Bytes16.Write(entry.Attestation),
        };
    }

    private static LedgerEntry Read(StoredEvent stored, EventKinds kinds, Names names)
    {
        var made = new Event(
            new EventId(Bytes16.Read(stored.Id)), stored.Timestamp, names.Get(stored.Service),
            names.Get(stored.Emitter), names.Get(stored.EmitterId), stored.Signature.Span, stored.Data.Span);
        var importance = (EventImportance)Math.Clamp(stored.Importance, 0, (int)EventImportance.Critical);
        var reading = EventReading.Valid(names.Get(stored.Actor), names.Get(stored.Target), importance);
        return LedgerEntry.Of(made, reading, Bytes16.Read(stored.Attestation), kinds.Of(made.Service));
    }

    /// <summary>Many events have few names: one string for each.</summary>
    private sealed class Names
    {
        private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

        public string Get(string name)
        {
            if (_names.TryGetValue(name, out var known)) return known;
            _names.Add(name, name);
            return name;
        }
    }
}
