using PluginNode.Conformance;
using System.Text;
using System.Text.Json;
using PluginNode.Api;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary><c>POST /v1/messages</c>: what is accepted is the message that the body describes.</summary>
internal sealed class ApiSendTarget : ApiTarget
{
    public override string Name => "api-send";

    public override IEnumerable<Sample> Samples() =>
        Bodies.Select((b, i) => new Sample($"{i}", Encoding.UTF8.GetBytes(b)));

    /// <summary>Bodies that are accepted; lines of a batch too.</summary>
    internal static readonly string[] Bodies =
    [
        """{"to":"beta","protocol":"/c","text":"hello"}""",
        $$"""
        {"to":"{{SomeNodes.Sender.Self}}","protocol":"/m","payload":"AAEC","level":"critical","key":"lane","ttl":"1h"}
        """,
        """{"to":"beta","protocol":"/x","text":"","level":"moderate","id":"0198c0de-0000-7000-8000-000000000001"}""",
        """{"to":"beta","protocol":"/c","text":"é\n\u0041","attributes":{"a":"b","c":""},"ttl":"PT1M"}""",
    ];

    public override Verdict Check(byte[] input)
    {
        var decoded = Decode(input, ApiJson.Wire.SendBody);
        return OneThread.Run(() => CheckAsync(input, decoded));
    }

    private async Task<Verdict> CheckAsync(byte[] input, SendBody? body)
    {
        await using var world = await ApiWorld.OpenAsync(new MemoryDisk());
        var answer = await CallAsync(
            world, "POST", "/v1/messages", input, input, 200, 202, 400, 404, 409, 413, 502, 503, 507);
        Holds.That(body is not null || answer.Status == 400, $"what is no body is answered with {answer.Status}");
        if (answer.Status != 202) return Of(answer);
        var id = JsonSerializer.Deserialize(answer.Body, ApiJson.Wire.SendResult)!.Id;
        var view = await world.Kernel.Outbox.FindAsync(id);
        Holds.That(view is not null && (body!.Id is null || body.Id == id), "an accepted message is not there");
        Holds.That(
            view!.Protocol == body!.Protocol && view.Key == (body.Key ?? "") && view.To == SomeNodes.Sender.Self
            && (body.Level is null || body.Level == view.Level)
            && view.PayloadBytes == (body.Payload?.Length ?? Encoding.UTF8.GetByteCount(body.Text!))
            && view.Attributes.Count == (body.Attributes?.Count ?? 0)
            && view.Attributes.All(a => body.Attributes![a.Key] == a.Value)
            && (body.Ttl is null || view.Expires == view.Created + body.Ttl.Value.Value),
            "another message is accepted");
        return Of(answer);
    }
}
