namespace PluginNode.EndToEnd.Tests.Chaos;

[TestFixture]
public sealed class GrowthTests
{
    [Test]
    public void StaysWhereItWas_OrSwings_IsNoGrowth() =>
        Assert.That(Growth.Of(Hour(i => new(default, 100 + (i % 7 * 30), 120 + (i % 5), 30)), 1000), Is.Empty);

    [Test]
    public void GrowsOnceWhileItWarmsUp_IsNoGrowth() =>
        Assert.That(Growth.Of(Hour(i => new(default, i < 20 ? 80 : 400, 200, 40)), 1000), Is.Empty);

    [Test]
    public void MemoryClimbs_IsGrowth() =>
        Assert.That(
            Growth.Of(Hour(i => new(default, 100 + (2 * i), 120, 30)), 1000),
            Is.EqualTo(new[] { "memory in MiB: 190 in the second quarter, 312 in the last" }));

    [Test]
    public void MemoryClimbsWithTheIdsThatAreRemembered_IsNoGrowth() =>
        Assert.That(Growth.Of(Hour(i => new(default, 100 + (2 * i), 120, 30)), 200_000), Is.Empty);

    [Test]
    public void HandlesOrThreadsClimb_IsGrowth() =>
        Assert.That(
            Growth.Of(Hour(i => new(default, 100, 100 + (2 * i), 20 + i)), 1_000_000), Is.EqualTo(new[]
            {
                "handles: 190 in the second quarter, 312 in the last",
                "threads: 65 in the second quarter, 126 in the last",
            }));

    [Test]
    public void ShortRun_IsNotJudged() =>
        Assert.That(Growth.Of([.. Hour(i => new(default, 100 * i, i * 100, i * 100)).Take(40)], 0), Is.Empty);

    private static List<Vitals> Hour(Func<int, Vitals> at) =>
        [.. Enumerable.Range(0, 121).Select(i => at(i) with { At = TimeSpan.FromSeconds(30 * i) })];
}
