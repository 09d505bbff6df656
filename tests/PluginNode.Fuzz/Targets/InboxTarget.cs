using PluginNode.Conformance;
using System.Buffers.Binary;
using Google.Protobuf;
using PluginNode.Delivery;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Storage;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// What a known peer signs, whatever it is, as it comes to a kernel through its transport host. Every frame has one
/// outcome; what is delivered is in the inbox as it was sent, after a restart too; sent again it is a duplicate, and
/// acknowledged it is gone. Input: parts, each a lane position (64 bits, big endian) and an envelope.
/// </summary>
internal sealed class InboxTarget : FuzzTarget
{
    public override string Name => "inbox";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        PartEdits.With([.. ByteEdits.All, .. BehindPosition(ProtoEdits.All), .. BehindPosition(ProtoEdits.All)]);

    public override IEnumerable<Sample> Samples()
    {
        yield return new Sample("one", Input(SomeEnvelopes.Plain()));
        yield return new Sample("three", Input(SomeEnvelopes.Plain(), SomeEnvelopes.Full(), SomeEnvelopes.Empty()));
        yield return new Sample("lane",
            Input([.. Enumerable.Range(4, 6).Select(i => SomeEnvelopes.Plain((byte)i, "lane"))]));
    }

    public override Verdict Check(byte[] input)
    {
        var content = Parts.Split(input).Where(p => p.Length >= 8).Take(FrameTree.MaxLeaves)
            .Select(p => (BinaryPrimitives.ReadUInt64BigEndian(p), p[8..])).ToList();
        if (content.Count == 0) return Verdict.Refused("no frame");
        var frames = SignedBatch.Of(SomeNodes.Sender, content);
        return OneThread.Run(() => CheckAsync(frames, content));
    }

    private static async Task<Verdict> CheckAsync(
        List<ReadOnlyMemory<byte>> frames, List<(ulong Position, byte[] Envelope)> content)
    {
        var disk = new MemoryDisk();
        List<InboxItem> shown;
        IReadOnlyList<SendOutcome> outcomes;
        await using (var world = await KernelWorld.OpenAsync(disk))
        {
            outcomes = await ReceiveAsync(world, frames);
            Holds.That(outcomes.Count == frames.Count, "there is not one outcome for each frame");
            shown = await ListAsync(world);
            ShowsWhatWasSent(shown, outcomes, content);
            var again = await ReceiveAsync(world, frames);
            for (var i = 0; i < again.Count; i++)
                Holds.That(
                    outcomes[i].Status == SendStatus.Delivered
                        ? again[i].Status == SendStatus.Duplicate : again[i].Status != SendStatus.Delivered,
                    $"sent again: {outcomes[i].Status} became {again[i].Status}");
        }
        await using (var world = await KernelWorld.OpenAsync(disk))
        {
            Holds.That(world.Kernel.StoreReport.Damage.Count == 0, "what it stored is damaged");
            var after = await ListAsync(world);
            Holds.That(after.Select(Text).SequenceEqual(shown.Select(Text)), "after a restart the inbox is another");
            var result = await world.Kernel.Inbox.AckAsync(
                [.. after.Select(i => new InboxReference(i.Message.Id, i.Message.From))]);
            Holds.That(result.Acknowledged == after.Count, "not every message can be acknowledged");
            Holds.That((await ListAsync(world)).Count == 0, "acknowledged messages are shown");
        }
        await using (var world = await KernelWorld.OpenAsync(disk))
            Holds.That((await ListAsync(world)).Count == 0, "acknowledged messages come back");
        var texts = outcomes.Select(o => $"{o.Status} {o.Reason}").Distinct(StringComparer.Ordinal);
        return new Verdict(shown.Count > 0, string.Join(", ", texts));
    }

    private static async Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        KernelWorld world, List<ReadOnlyMemory<byte>> frames)
    {
        try
        {
            return await world.Kernel.TransportHost.ReceiveAsync(SomeNodes.Sender.Self, frames, CancellationToken.None);
        }
        catch (StoreException e)
        {
            throw new BrokenPropertyException($"the store refused what was received: {e.Message}");
        }
    }

    private static void ShowsWhatWasSent(
        List<InboxItem> shown, IReadOnlyList<SendOutcome> outcomes, List<(ulong Position, byte[] Envelope)> content)
    {
        var delivered = outcomes.Index().Where(o => o.Item.Status == SendStatus.Delivered).ToList();
        Holds.That(shown.Count == delivered.Count, $"{delivered.Count} were delivered and {shown.Count} are shown");
        foreach (var ((index, outcome), item) in delivered.Zip(shown))
        {
            var sent = Envelope.Parser.ParseFrom(content[index].Envelope);
            var message = item.Message;
            Holds.That(
                message.Id == outcome.Id && message.Id == FrameCodec.ReadId(sent.Id)
                    && message.Protocol == sent.Protocol
                && message.Level == sent.Level && message.Payload.Span.SequenceEqual(sent.Payload.Span)
                && message.Attributes.Count == sent.Attributes.Count
                && sent.Attributes.All(a => message.Attributes[a.Name] == a.Value),
                    "another message is shown than was sent");
        }
    }

    private static async Task<List<InboxItem>> ListAsync(KernelWorld world)
    {
        var items = new List<InboxItem>();
        for (InboxPage? page = null; page is null or { Items.Count: > 0 };)
        {
            page = await world.Kernel.Inbox.ListAsync(
                new InboxQuery(After: page?.Next ?? 0, Limit: 1000), CancellationToken.None);
            items.AddRange(page.Items);
        }
        return items;
    }

    private static string Text(InboxItem item) =>
        $"{item.Message.Id} {item.Message.Protocol} {Convert.ToBase64String(item.Message.Payload.Span)} "
        + string.Join(',', item.Message.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal));

    private static byte[] Input(params Envelope[] envelopes) => Parts.Join(envelopes.Select((e, i) =>
    {
        var part = new byte[8 + e.CalculateSize()];
        BinaryPrimitives.WriteInt64BigEndian(part, i + 1);
        e.WriteTo(part.AsSpan(8));
        return part;
    }));

    private static IEnumerable<(int Weight, Edit Edit)> BehindPosition(IEnumerable<(int Weight, Edit Edit)> edits) =>
        edits.Select(e => (e.Weight, ByteEdits.Behind(sizeof(ulong), e.Edit)));
}
