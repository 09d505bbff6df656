using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Tests;

/// <summary>Decoders with a fault each, of the kinds that are looked for: all are found within a stated number of
/// tries.</summary>
[TestFixture]
internal sealed class PlantedFaultTests
{
    private const int WithinTries = 5000;
    private const ulong Seed = 7;

    [Test]
    public void ALengthThatIsBelieved_IsFoundAsAnException() => IsFound(
        new BrokenDecoder(ByteEdits.All, [0, 0, 0, 3, 1, 2, 3], input =>
        {
            if (input.Length < 4) return Verdict.Refused("short");
            var length = BinaryPrimitives.ReadInt32BigEndian(input);
            if (length is < 0 or > 1000) return Verdict.Refused("out of bounds"); // and not: more than there is
            return Verdict.Took($"{input.AsSpan(4, length).Length}");
        }),
        "ArgumentOutOfRangeException");

    [Test]
    public void ALengthThatIsAllocatedAtOnce_IsFoundByItsBound() => IsFound(
        new BrokenDecoder(ByteEdits.All, [0, 0, 0, 3, 1, 2, 3], input =>
            Measure.Bounded(4096 + (8L * input.Length), () =>
        {
            if (input.Length < 4) return Verdict.Refused("short");
            var length = BinaryPrimitives.ReadUInt32BigEndian(input);
            if (length > 1 << 20) return Verdict.Refused("over the limit");
            var content = new byte[length];
            return length == input.Length - 4 ? Verdict.Took($"{content.Length}") : Verdict.Refused("another length");
        })),
        "allocates");

    [Test]
    public void AMemberThatIsDroppedSilently_IsFoundAsHalfTaken() => IsFound(
        new BrokenDecoder(JsonEdits.All, "{\"name\":\"alpha\",\"port\":1}"u8.ToArray(), input =>
        {
            JsonDocument document;
            try
            {
                document = JsonDocument.Parse(input);
            }
            catch (JsonException)
            {
                return Verdict.Refused("no JSON");
            }
            using (document)
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object) return Verdict.Refused("no object");
                var taken = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var name in (string[])["name", "port"]) // what else there is goes unnoticed
                    if (document.RootElement.TryGetProperty(name, out var value)) taken.Add(name, value);
                Holds.That(taken.Count == document.RootElement.EnumerateObject().Count(), "half taken");
                return Verdict.Took();
            }
        }),
        "half taken");

    [Test]
    public void AFieldThatTheSignatureLeavesOut_IsFoundAsOtherContent()
    {
        byte[] sample = [1, 0x0A, 2, 7, 7, 0x10, 5, 0x18, 9]; // fields 1 (bytes), 2 and 3 (numbers) behind a version
        IsFound(
            new BrokenDecoder(ProtoEdits.All, sample[1..], input =>
            {
                // field 3 is behind what is signed
                if (!input.AsSpan().StartsWith(sample.AsSpan(1, 6))) return Verdict.Refused("not signed");
                Holds.That(input.AsSpan().SequenceEqual(sample.AsSpan(1)), "taken with other content");
                return Verdict.Took();
            }),
            "other content");
    }

    /// <summary>The stand-in for coverage: what is three steps deep is reached because each step is another
    /// verdict.</summary>
    [Test]
    public void AFaultBehindSeveralSteps_IsFoundBecauseEachStepIsKept() => IsFound(
        new BrokenDecoder(ByteEdits.All, Encoding.ASCII.GetBytes("----"), input =>
        {
            const string way = "ab!";
            var steps = 0;
            while (steps < way.Length && steps < input.Length && input[steps] == way[steps]) steps++;
            Holds.That(steps < way.Length, "the end is reached");
            return Verdict.Refused(new string('x', steps)); // a shape of its own for each
        }),
        "the end is reached", tries: 60_000);

    [Test]
    public void AFind_IsReducedAndStaysTheSameFind()
    {
        var target = new BrokenDecoder(ByteEdits.All, new byte[64], input =>
        {
            Holds.That(!input.Contains((byte)0xff), "a byte is 255");
            return Verdict.Took();
        });
        var find = new Find("broken", 1, [.. Enumerable.Range(0, 256).Select(i => (byte)i)], "a byte is 255");
        var reduced = Reduction.Of(target, find);
        Assert.That(reduced.Input, Is.EqualTo(new byte[] { 0xff }));
        Assert.That(reduced.What, Is.EqualTo(find.What));
    }

    private static void IsFound(FuzzTarget target, string what, int tries = WithinTries)
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        var report = new Fuzzer(target, [.. target.Samples().Select(s => s.Bytes)], Seed).Run(t => t < tries);
        Assert.That(report.Find?.What, Does.Contain(what), $"not found within {tries} tries");
        TestContext.Out.WriteLine($"found at try {report.Find!.Try}");
    }

    private sealed class BrokenDecoder(
        IReadOnlyList<(int Weight, Edit Edit)> edits, byte[] sample, Func<byte[], Verdict> decode) : FuzzTarget
    {
        public override string Name => "broken";

        public override IReadOnlyList<(int Weight, Edit Edit)> Edits => edits;

        public override IEnumerable<Sample> Samples() => [new Sample("sample", sample)];

        public override Verdict Check(byte[] input) => decode(input);
    }
}
