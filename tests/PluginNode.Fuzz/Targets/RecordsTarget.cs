using PluginNode.Conformance;
using Google.Protobuf;
using PluginNode.Delivery;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// What a sealed header holds, as another version or a fault of this one may have written it: the kernel opens, puts
/// aside what makes no sense, shows the rest as it was stored, and its counters conserve; so also at the next start.
/// Input: parts, each a collection (1 byte), an id (16 bytes) and the header's content. Every body is the same.
/// </summary>
internal sealed class RecordsTarget : FuzzTarget
{
    private const int Named = 1 + 16;

    public override string Name => "records";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        PartEdits.With([.. ByteEdits.All, .. Content(ProtoEdits.All), .. Content(ProtoEdits.All)]);

    private static ReadOnlySpan<byte> Body => "the body"u8;

    public override IEnumerable<Sample> Samples()
    {
        var to = ByteString.CopyFrom(SomeNodes.Sender.Self.ToPublicKey());
        var digest = ByteString.CopyFrom([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);
        var attributes = new StoredAttribute { Name = "a", Value = "b" };
        var outbox = new OutboxHeader
        {
            To = to, Protocol = "/c", Level = "critical", Key = "lane", CreatedMs = 1_767_225_600_000,
            ExpiresMs = 1_767_229_200_000, ExpiresAt = 36_000_000_000, Digest = digest, PayloadBytes = Body.Length,
            Attributes = { attributes },
        };
        var inbox = new InboxHeader
        {
            From = to, Protocol = "/c", Level = "critical", Key = "lane",
            ReceivedMs = 1_767_225_600_000, ReceivedAt = 7,
            Digest = digest, Epoch = 3, Position = 4, PayloadBytes = Body.Length, Attributes = { attributes },
        };
        var id = ByteString.CopyFrom([.. Enumerable.Repeat((byte)77, 16)]);
        var mark = new DeadMark
        {
            Sequence = 1, Reason = "expired", EndedMs = 1_767_225_600_000, EndedAt = 5, Attempts = 2,
        };
        var remembered = new RememberedIds
        {
            Ids = { new RememberedId { Id = id, Digest = digest, At = 6, State = 2, Stable = true } },
        };
        var seen = new SeenIds
        {
            From = to,
            Ids = { new SeenId { Id = id, Digest = digest, At = 6 } },
            Positions = { new LanePosition { Key = "lane", Epoch = 3, Position = 2 } },
        };
        var peer = new StoredPeer
        {
            Name = "gamma", Key = ByteString.CopyFrom(SomeNodes.Stranger.Self.ToPublicKey()),
            Addresses = { "mqtt:gamma" },
        };
        var clock = new ClockMark { Elapsed = 40_000_000, WallMs = 1_767_225_500_000 };
        (Collection, IMessage)[] all =
        [
            (Collection.Outbox, outbox), (Collection.DeadMarks, mark), (Collection.RememberedIds, remembered),
            (Collection.Inbox, inbox), (Collection.SeenIds, seen), (Collection.Peers, peer), (Collection.Clock, clock),
        ];
        foreach (var record in all) yield return new Sample($"{record.Item1}", Input(record));
        yield return new Sample("all", Input(all));
    }

    public override Verdict Check(byte[] input)
    {
        var records = Parts.Split(input).Where(p => p.Length >= Named).Take(200).Select((part, i) => (
            Key: new RecordKey(part[0], new Guid(part.AsSpan(1, 16), bigEndian: true), i + 1),
                Header: part[Named..])).ToList();
        return OneThread.Run(() => CheckAsync(records));
    }

    private static async Task<Verdict> CheckAsync(List<(RecordKey Key, byte[] Header)> records)
    {
        using var sealer = StoredRecords.NewSealer();
        var disk = await StoredRecords.OnADiskAsync(
            records.Where(r => RecordSealer.Overhead + r.Header.Length <= RecordLimits.HeaderBytes)
                .Select(r => StoredRecords.Seal(sealer, r.Key, r.Header, Body)));
        var shown = await OpenAsync(disk, records);
        var again = await OpenAsync(disk, records);
        Holds.That(again == shown, $"the next start shows '{again}' and not '{shown}'");
        var aside = disk.Files.Keys.Count(n => n.StartsWith("quarantine/", StringComparison.Ordinal));
        return new Verdict(aside == 0, $"{shown.Length > 0}, {aside} put aside");
    }

    private static async Task<string> OpenAsync(MemoryDisk disk, List<(RecordKey Key, byte[] Header)> records)
    {
        await using var world = await KernelWorld.OpenAsync(disk);
        var kernel = world.Kernel;
        // what expires as soon as the clock goes on is a dead letter at the next start
        List<MessageView> messages =
        [
            .. await kernel.Outbox.ListAsync(new MessageQuery(null, null, 0, 1000)),
            .. await kernel.Outbox.ListAsync(new MessageQuery(MessageState.Dead, null, 0, 1000)),
        ];
        foreach (var message in messages)
        {
            Holds.That(
                records.Exists(r => r.Key.Collection == (byte)Collection.Outbox && r.Key.Id == message.Id
                    && Read(r.Header) is { } h && h.Protocol == message.Protocol && h.Key == message.Key
                    && h.Level == message.Level), "a message is shown that was not stored so");
            Holds.That(message.PayloadBytes >= 0, "a payload of less than nothing");
        }
        var inbox = await kernel.Inbox.ListAsync(new InboxQuery(Limit: 1000), CancellationToken.None);
        foreach (var item in inbox.Items)
            Holds.That(
                item.Message.Payload.Span.SequenceEqual(Body) && records.Exists(
                    r => r.Key.Collection == (byte)Collection.Inbox && r.Key.Id == item.Message.Id),
                        "another inbox message");
        var m = await kernel.MetricsAsync();
        Holds.That(
            m.Accepted + m.Restored + m.Replayed == m.Delivered + m.Sent + m.Dead + m.Cancelled + m.Quarantined
                + m.Waiting,
            $"the counters do not conserve: {m}");
        // Of two records that name one peer, or one key, which no version writes, either may win.
        var peers = records.Count(r => r.Key.Collection == (byte)Collection.Peers) > 1 ? []
            : kernel.Peers.All.Select(p => $"{p.Name} {p.Id} {p.Paused} {string.Join(' ', p.Addresses)}");
        return string.Join('\n',
            // one that expires between the two lists stands in both
            messages.DistinctBy(v => v.Id).Select(v => $"{v.Id} {v.Created} {v.Expires} {v.PayloadBytes}")
            .Order(StringComparer.Ordinal)
            .Concat(inbox.Items.Select(i => $"{i.Message.Id} {i.Message.ReceivedAt}")).Concat(peers));
    }

    private static OutboxHeader? Read(byte[] header)
    {
        try
        {
            return OutboxHeader.Parser.ParseFrom(header);
        }
        catch (InvalidProtocolBufferException)
        {
            return null; // another record of the same id, that cannot be read
        }
    }

    private static byte[] Input(params (Collection Collection, IMessage Header)[] records) => Parts.Join(
        records.Select((r, i) => (byte[])
            [(byte)r.Collection, .. Enumerable.Repeat((byte)(i + 1), 16), .. r.Header.ToByteArray()]));

    private static IEnumerable<(int Weight, Edit Edit)> Content(IEnumerable<(int Weight, Edit Edit)> edits) =>
        edits.Select(e => (e.Weight, ByteEdits.Behind(Named, e.Edit)));
}
