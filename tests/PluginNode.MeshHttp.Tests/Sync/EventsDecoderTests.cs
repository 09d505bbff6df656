using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>The decoders on recorded bodies that were damaged at random.</summary>
[TestFixture]
internal sealed class EventsDecoderTests
{
    private const int Rounds = 3000;

    [Test]
    public void Look_AtDamagedBodies_NeverThrowsAndDoesNotDependOnHowTheyArrive()
    {
        var chance = SeededChance.Printed();
        var whole = SyncVectors.Bytes(SyncVectors.Parts(SyncVectors.Exchange("page10.txt").Response).Body);
        var good = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var body = Damaged(whole, chance);
            var (atOnce, inParts) = (new EventsDecoder(50), new EventsDecoder(50));

            var fine = atOnce.Look(body, isWhole: true);
            Assert.That(InParts(inParts, body, chance), Is.EqualTo(fine), atOnce.Problem ?? inParts.Problem);

            if (!fine) continue;
            good++;
            Assert.That(inParts.Events, Is.EqualTo(atOnce.Events));
            Assert.That(inParts.Ids.ToArray(), Is.EqualTo(atOnce.Ids.ToArray()));
            Assert.That(atOnce.Events.All(r => r.End.Value <= body.Length && r.Start.Value < r.End.Value), Is.True);
        }
        Assert.That(good, Is.InRange(1, Rounds - 1), "both kinds must come up");
    }

    [Test]
    public void Read_OfDamagedRequests_NeverThrows()
    {
        var chance = SeededChance.Printed();
        var whole = Encoding.UTF8.GetBytes(SyncVectors.SyncRequests.Select(c => c.Arguments[0]!)
            .Cast<System.Text.Json.Nodes.JsonNode>().Select(v => (string)v["json_text"]!).MaxBy(t => t.Length)!);
        var good = 0;
        for (var round = 0; round < Rounds; round++)
            if (SyncRequestReader.Read(Damaged(whole, chance)) is not null) good++;
        Assert.That(good, Is.InRange(1, Rounds - 1), "both kinds must come up");
    }

    private static bool InParts(EventsDecoder decoder, byte[] body, SeededChance chance)
    {
        for (var there = 0; there < body.Length; there += 1 + (int)(chance.NextDouble() * 200))
            if (!decoder.Look(body.AsSpan(0, there), isWhole: false)) return false;
        return decoder.Look(body, isWhole: true);
    }

    // a byte or a few set, doubled or cut out
    private static byte[] Damaged(byte[] whole, SeededChance chance)
    {
        var body = whole.ToList();
        var times = 1 + (int)(chance.NextDouble() * 3);
        for (var i = 0; i < times; i++)
        {
            var at = (int)(chance.NextDouble() * body.Count);
            var length = Math.Min(1 + (int)(chance.NextDouble() * 40), body.Count - at);
            switch ((int)(chance.NextDouble() * 4))
            {
                case 0: body[at] = (byte)(chance.NextDouble() * 256); break;
                case 1: body[at] = "{}[]\",:0\\nt "u8[(int)(chance.NextDouble() * 12)]; break;
                case 2: body.InsertRange(at, body.GetRange(at, length)); break;
                default: body.RemoveRange(at, length); break;
            }
        }
        return [.. body];
    }
}
