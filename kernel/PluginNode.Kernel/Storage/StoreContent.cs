using Google.Protobuf;
using PluginNode.Storage.Records;

namespace PluginNode.Storage;

/// <summary>Everything that a store kept, by collection, each in ascending sequence.</summary>
internal sealed class StoreContent
{
    public List<(RecordHeader Header, OutboxHeader Plain)> Outbox { get; } = [];
    public List<(long Sequence, DeadMark Mark)> DeadMarks { get; } = [];
    public List<(long Sequence, RememberedIds Ids)> RememberedIds { get; } = [];
    public List<(RecordHeader Header, InboxHeader Plain)> Inbox { get; } = [];
    public List<(long Sequence, SeenIds Ids)> SeenIds { get; } = [];
    public List<(long Sequence, StoredPeer Peer)> Peers { get; } = [];
    public List<(long Sequence, ClockMark Mark)> Clock { get; } = [];
    public List<(RecordHeader Header, EventsHeader Plain)> Events { get; } = [];
    public List<(long Sequence, PinnedKeys Keys)> PinnedKeys { get; } = [];
    public List<(long Sequence, SyncMarks Marks)> SyncMarks { get; } = [];

    /// <summary>Records whose tag holds, but whose content makes no sense.</summary>
    public int Unreadable { get; private set; }

    public static async Task<StoreContent> ReadAsync(Journal journal, CancellationToken cancellation)
    {
        var content = new StoreContent();
        foreach (var (header, plain) in await journal.ReadHeadersAsync(cancellation))
        {
            try
            {
                content.Add(header, plain);
            }
            catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
            {
                content.Unreadable++;
                await journal.QuarantineAsync(header.Key.Sequence, $"unreadable content: {e.Message}", cancellation);
            }
        }
        return content;
    }

    private void Add(in RecordHeader header, byte[] plain)
    {
        var sequence = header.Key.Sequence;
        switch ((Collection)header.Key.Collection)
        {
            case Collection.Outbox:
                var outgoing = OutboxHeader.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(outgoing, header.BodyBytes));
                Outbox.Add((header, outgoing));
                break;
            case Collection.DeadMarks:
                var mark = DeadMark.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(mark));
                DeadMarks.Add((sequence, mark));
                break;
            case Collection.RememberedIds:
                var remembered = Records.RememberedIds.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(remembered));
                RememberedIds.Add((sequence, remembered));
                break;
            case Collection.Inbox:
                var incoming = InboxHeader.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(incoming, header.BodyBytes));
                Inbox.Add((header, incoming));
                break;
            case Collection.SeenIds:
                var seen = Records.SeenIds.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(seen));
                SeenIds.Add((sequence, seen));
                break;
            case Collection.Peers:
                var peer = StoredPeer.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(peer));
                Peers.Add((sequence, peer));
                break;
            case Collection.Clock:
                var clock = ClockMark.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(clock));
                Clock.Add((sequence, clock));
                break;
            case Collection.Events:
                Events.Add((header, EventsHeader.Parser.ParseFrom(plain)));
                break;
            case Collection.PinnedKeys:
                PinnedKeys.Add((sequence, Records.PinnedKeys.Parser.ParseFrom(plain)));
                break;
            case Collection.SyncMarks:
                var marks = Records.SyncMarks.Parser.ParseFrom(plain);
                Sensible(RecordSense.Problem(marks));
                SyncMarks.Add((sequence, marks));
                break;
            default:
                throw new InvalidDataException($"collection {header.Key.Collection} is unknown to this version");
        }
    }

    private static void Sensible(string? problem)
    {
        if (problem is not null) throw new InvalidDataException(problem);
    }
}
