using PluginNode.Conformance;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using PluginNode.Api;
using PluginNode.Delivery;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary><c>POST /v1/inbox/ack</c>: of the messages in the inbox those are gone that the answer counts, and no
/// other.</summary>
internal sealed class ApiAckTarget : ApiTarget
{
    private static readonly List<ReadOnlyMemory<byte>> Frames = SignedBatch.Of(
        SomeNodes.Sender, [(1, SomeEnvelopes.Plain().ToByteArray()), (2, SomeEnvelopes.Full().ToByteArray())]);

    public override string Name => "api-ack";

    public override IEnumerable<Sample> Samples()
    {
        string[] ids = ["01010101-0101-0101-0101-010101010101", "02020202-0202-0202-0202-020202020202"];
        string[] bodies =
        [
            $$"""{"ids":["{{ids[0]}}"]}""", $$"""{"ids":["{{ids[0]}}","beta/{{ids[1]}}"]}""", """{"ids":[]}""",
            $$"""{"ids":["{{SomeNodes.Sender.Self}}/{{ids[1]}}","00000000-0000-0000-0000-000000000000"]}""",
        ];
        return bodies.Select((b, i) => new Sample($"{i}", Encoding.UTF8.GetBytes(b)));
    }

    public override Verdict Check(byte[] input)
    {
        var decoded = Decode(input, ApiJson.Wire.AckBody);
        return OneThread.Run(() => CheckAsync(input, decoded));
    }

    private async Task<Verdict> CheckAsync(byte[] input, AckBody? body)
    {
        await using var world = await ApiWorld.OpenAsync(new MemoryDisk());
        await world.Kernel.TransportHost.ReceiveAsync(SomeNodes.Sender.Self, Frames, CancellationToken.None);
        var answer = await CallAsync(world, "POST", "/v1/inbox/ack", input, input, 200, 400, 404, 503);
        var left = await world.Kernel.Inbox.ListAsync(new InboxQuery(), CancellationToken.None);
        if (answer.Status != 200)
        {
            Holds.That(left.Items.Count == Frames.Count, "a refusal has acknowledged messages");
            return Of(answer);
        }
        var result = JsonSerializer.Deserialize(answer.Body, ApiJson.Wire.AckAnswer)!;
        Holds.That(left.Items.Count == Frames.Count - result.Acknowledged, "others are gone than the answer counts");
        Holds.That(
            left.Items.All(i => !body!.Ids.Any(t => Names(t, i.Message.Id))),
            "an acknowledged message is shown");
        return Verdict.Took($"{result.Acknowledged} {result.Unknown.Count > 0} {result.Ambiguous.Count > 0}");
    }

    // with a sender before it, it is that one's message alone
    private static bool Names(string text, Guid id) =>
        text.EndsWith($"{id}", StringComparison.OrdinalIgnoreCase)
        && (text[..^36] is "" or "beta/" || text[..^36] == $"{SomeNodes.Sender.Self}/");
}
