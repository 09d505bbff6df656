using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Targets;

namespace PluginNode.Fuzz.Tests;

/// <summary>Some mutations of every target in each run of the tests; <c>build/fuzz</c> goes on for as long as one
/// likes.</summary>
[TestFixture]
internal sealed class MutationTests
{
    private const ulong Seed = 20_261_121;

    // A whole kernel with its store is opened for each try of these.
    private static readonly string[] Whole =
        ["inbox", "records", "segment", "api-send", "api-batch", "api-ack", "api-peer", "configuration"];

    private static IEnumerable<FuzzTarget> Targets => AllTargets.List;

    [TestCaseSource(nameof(Targets))]
    public void Mutations_OfTheCorpus_BreakNothing(FuzzTarget target)
    {
        var tries = Whole.Contains(target.Name) ? 150 : 1000;
        TestContext.Out.WriteLine($"seed {Seed}, {tries} tries");
        var report = Run(target, Seed, tries);
        Assert.That(report.Find?.What, Is.Null, () =>
            $"build/fuzz {target.Name} --seed {Seed} --tries {report.Find!.Try} replays it; "
            + Convert.ToBase64String(Reduction.Of(target, report.Find!).Input));
        Assert.That(report.Tries, Is.EqualTo(tries));
        // Mutations that are all refused at the door would test nothing behind it, and so would those that change
        // nothing.
        Assert.That(report.Accepted, Is.InRange(1, tries - 1));
    }

    [Test]
    public void Run_TheSameSeed_GivesTheSameTries()
    {
        var (first, again, other) = (Inputs(Seed), Inputs(Seed), Inputs(Seed + 1));
        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));

        static List<string> Inputs(ulong seed)
        {
            var recording = new RecordingTarget();
            new Fuzzer(recording, [[1, 2, 3], [4, 5, 6, 7]], seed).Run(t => t < 200);
            return recording.Seen;
        }
    }

    private static FuzzReport Run(FuzzTarget target, ulong seed, int tries) =>
        new Fuzzer(target, [.. Inputs.Corpus(target).Select(s => s.Bytes)], seed).Run(t => t < tries);

    private sealed class RecordingTarget : FuzzTarget
    {
        public List<string> Seen { get; } = [];

        public override string Name => "recording";

        public override IReadOnlyList<(int Weight, Edit Edit)> Edits => PluginNode.Fuzz.Edits.ByteEdits.All;

        public override IEnumerable<Sample> Samples() => [];

        public override Verdict Check(byte[] input)
        {
            Seen.Add(Convert.ToHexString(input));
            return new Verdict(input.Length % 2 == 0, $"{input.Length / 3:x}");
        }
    }
}
