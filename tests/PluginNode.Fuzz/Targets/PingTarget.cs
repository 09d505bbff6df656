using System.Text;
using System.Text.Json;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.MeshHttp;
using PluginNode.MeshHttp.Server;

namespace PluginNode.Fuzz.Targets;

/// <summary>The answer to a ping: whatever is in it, it is one line of JSON with nara's four members, and read again it
/// is equal.</summary>
internal sealed class PingTarget : FuzzTarget
{
    private static readonly string[] Members = ["from", "mesh_ip", "public_key", "t"];

    public override string Name => "ping";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. JsonEdits.All, .. JsonEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        var key = Convert.ToBase64String(SomeNodes.Sender.Self.ToPublicKey());
        yield return new Sample("named", new PingAnswer("alpha", "", key, 1_767_225_600_000_000_000, []).ToLine());
        yield return new Sample("signs",
            new PingAnswer("é\"\\\u2028<\ud83d\ude00>", "10.0.0.7", key, long.MinValue, ["sync", "frames"]).ToLine());
    }

    public override Verdict Check(byte[] input)
    {
        PingAnswer? answer;
        try
        {
            answer = Measure.Bounded(
                // the reader's exception tells a literal that is none at its whole length, more than once
                (64 * 1024) + (48L * input.Length), () =>
                    JsonSerializer.Deserialize(input, MeshHttpJson.Default.PingAnswer));
        }
        catch (JsonException e)
        {
            return Verdict.Refused(e.Message);
        }
        if (answer is null) return Verdict.Refused("null");
        var line = answer.ToLine();
        Holds.That(line.AsSpan().IndexOfAny((byte)'\n', (byte)'\r') == line.Length - 1, "it is not one line");
        using var document = JsonDocument.Parse(line);
        var members = document.RootElement.EnumerateObject().Select(m => m.Name);
        Holds.That(members.Except(Members, StringComparer.Ordinal).All(m => m == "pluginnode"), "it has other members");
        var again = JsonSerializer.Deserialize(line, MeshHttpJson.Default.PingAnswer)!;
        Holds.That(
            again.ToLine().AsSpan().SequenceEqual(line),
            $"written again it is another: {Encoding.UTF8.GetString(line)}");
        return Verdict.Took();
    }
}
