using PluginNode.Conformance;
using System.Text;
using System.Text.Json;
using PluginNode.Api;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary><c>POST /v1/messages/batch</c>: one result for each line that is not blank, in the same order, whatever the
/// others are.</summary>
internal sealed class ApiBatchTarget : ApiTarget
{
    public override string Name => "api-batch";

    public override IEnumerable<Sample> Samples()
    {
        yield return new Sample("one", Encoding.UTF8.GetBytes(ApiSendTarget.Bodies[0]));
        yield return new Sample("all", Encoding.UTF8.GetBytes(string.Join('\n', ApiSendTarget.Bodies)));
        yield return new Sample(
            "blank-lines",
                Encoding.UTF8.GetBytes($"\n \r\n{ApiSendTarget.Bodies[0]}\r\n\t\n{ApiSendTarget.Bodies[1]}\n"));
    }

    public override Verdict Check(byte[] input) => OneThread.Run(() => CheckAsync(input));

    // a line may become a message, with its commit
    protected override long Most(byte[] input) => base.Most(input) + (64 * 1024L * Lines(input).Count);

    private async Task<Verdict> CheckAsync(byte[] input)
    {
        await using var world = await ApiWorld.OpenAsync(new MemoryDisk());
        var answer = await CallAsync(world, "POST", "/v1/messages/batch", input, input, 200, 400, 413);
        if (answer.Status != 200) return Of(answer);
        var results = Encoding.UTF8.GetString(answer.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize(l, ApiJson.Wire.BatchResult)!).ToList();
        var lines = Lines(input);
        Holds.That(results.Count == lines.Count, $"{lines.Count} lines have {results.Count} results");
        foreach (var (line, result) in lines.Zip(results))
        {
            var body = Decode(line, ApiJson.Wire.SendBody);
            Holds.That(body is not null || result.Status == 400, $"what is no body has the result {result.Status}");
            Holds.That(result.Status < 400 || !string.IsNullOrEmpty(result.Error), "a refusal says not why");
            if (result.Status != 202) continue;
            var view = await world.Kernel.Outbox.FindAsync(result.Id!.Value);
            Holds.That(view?.Protocol == body!.Protocol, "a line has another line's result");
        }
        return new Verdict(
            results.Exists(r => r.Status < 400), string.Join(',', results.Select(r => r.Status).Distinct()));
    }

    private static List<byte[]> Lines(byte[] input)
    {
        var lines = Encoding.Latin1.GetString(input).Split('\n');
        return [.. lines.Where(l => l.Trim(' ', '\t', '\r').Length > 0).Select(Encoding.Latin1.GetBytes)];
    }
}
