using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Targets;

namespace PluginNode.Fuzz.Tests;

/// <summary>The inputs that are kept: valid ones, and those that broke a property once.</summary>
[TestFixture]
internal sealed class KeptInputTests
{
    private static IEnumerable<FuzzTarget> Targets => AllTargets.List;

    private static IEnumerable<TestCaseData> AllFinds =>
        from target in AllTargets.List
        from find in Inputs.Finds(target)
        select new TestCaseData(target, find).SetName($"Find_{target.Name}_{find.Name}");

    [TestCaseSource(nameof(Targets))]
    public void Corpus_EveryEntry_IsTaken(FuzzTarget target)
    {
        var corpus = Inputs.Corpus(target);
        Assert.That(corpus, Is.Not.Empty, "write it: build/fuzz TARGET --corpus tests/PluginNode.Fuzz/corpus");
        foreach (var (name, bytes) in corpus)
        {
            Assert.That(Find.In(target, bytes, out var verdict)?.What, Is.Null, name);
            Assert.That(verdict.Accepted, Is.True,
                $"{name} is refused ({verdict.Text}): a corpus begins with what is valid");
        }
    }

    [TestCaseSource(nameof(AllFinds))]
    public void Find_OnceMended_StaysMended(FuzzTarget target, Sample find) =>
        Assert.That(Find.In(target, find.Bytes, out _)?.What, Is.Null);

    [TestCaseSource(nameof(Targets))]
    public void Finds_Each_HasALineThatSaysWhatItWas(FuzzTarget target)
    {
        var what = Path.Combine(Inputs.FindsFolder(target), Inputs.What);
        var lines = File.Exists(what) ? File.ReadAllLines(what) : [];
        Assert.That(
            lines.Select(l => l.Split(": ", 2)).Where(p => p.Length == 2 && p[1].Length > 0).Select(p => p[0]),
            Is.EquivalentTo(Inputs.Finds(target).Select(f => f.Name)));
    }

    [Test]
    public void Targets_HaveNamesOfTheirOwn() => Assert.That(AllTargets.List.Select(t => t.Name), Is.Unique);
}
