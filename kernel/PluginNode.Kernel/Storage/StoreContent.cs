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

    public static async Task<StoreContent> ReadAsync(Journal journal, CancellationToken cancellation)
    {
        var content = new StoreContent();
        foreach (var (header, plain) in await journal.ReadHeadersAsync(cancellation))
        {
            try
            {
                content.Add(header, plain);
            }
            catch (Exception e) when (e is InvalidProtocolBufferException or NotSupportedException)
            {
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
                Outbox.Add((header, OutboxHeader.Parser.ParseFrom(plain)));
                break;
            case Collection.DeadMarks:
                DeadMarks.Add((sequence, DeadMark.Parser.ParseFrom(plain)));
                break;
            case Collection.RememberedIds:
                RememberedIds.Add((sequence, Records.RememberedIds.Parser.ParseFrom(plain)));
                break;
            case Collection.Inbox:
                Inbox.Add((header, InboxHeader.Parser.ParseFrom(plain)));
                break;
            case Collection.SeenIds:
                SeenIds.Add((sequence, Records.SeenIds.Parser.ParseFrom(plain)));
                break;
            case Collection.Peers:
                Peers.Add((sequence, StoredPeer.Parser.ParseFrom(plain)));
                break;
            case Collection.Clock:
                Clock.Add((sequence, ClockMark.Parser.ParseFrom(plain)));
                break;
            case Collection.Events:
                Events.Add((header, EventsHeader.Parser.ParseFrom(plain)));
                break;
            case Collection.PinnedKeys:
                PinnedKeys.Add((sequence, Records.PinnedKeys.Parser.ParseFrom(plain)));
                break;
            default:
                throw new NotSupportedException($"collection {header.Key.Collection} is unknown to this version");
        }
    }
}
