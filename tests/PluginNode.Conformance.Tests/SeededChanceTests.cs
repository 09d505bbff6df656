using PluginNode.Conformance.Fakes;

namespace PluginNode.Conformance.Tests;

[TestFixture]
public sealed class SeededChanceTests
{
    [Test]
    public void TheSameSeed_GivesTheSame_AndAnotherDoesNot()
    {
        var (one, again, other) = (Some(7), Some(7), Some(8));
        Assert.That(again, Is.EqualTo(one));
        Assert.That(other, Is.Not.EqualTo(one));
    }

    [Test]
    public void NewId_IsVersionSevenAndAscends()
    {
        var chance = new SeededChance(1);
        var ids = Enumerable.Range(0, 1000).Select(_ => chance.NewId()).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ids.Select(i => (i.Version, i.Variant >> 2)), Is.All.EqualTo((7, 2)));
            Assert.That(ids.Select(i => i.ToString()), Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
            Assert.That(ids, Is.Unique);
        }
    }

    [Test]
    public void Printed_TellsItsSeed() => Assert.That(Some(SeededChance.Printed().Seed), Is.Not.Empty);

    private static string Some(int seed)
    {
        var (chance, bytes) = (new SeededChance(seed), new byte[9]);
        chance.Fill(bytes);
        return $"{Convert.ToHexStringLower(bytes)} {chance.NextDouble()} {chance.NewId()}";
    }
}
