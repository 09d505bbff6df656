using PluginNode.Events;

namespace PluginNode.NaraEvents.Tests;

[TestFixture]
public sealed class BoundsTests
{
    private const long Minute = 60_000_000_000;

    [Test]
    public void Observations_AreBoundedByEmitterAndSubject_AndWithinFiveMinutes()
    {
        var one = Of("observation", "a", 12 * Minute, "x", "b");
        var same = Of("observation", "a", 14 * Minute, "y", "b");
        Assert.Multiple(() =>
        {
            Assert.That(one, Is.EqualTo(same), "the observer is under no signature: it makes no difference");
            Assert.That(one.Select(b => b.Most), Is.EqualTo(new[] { 10, 20 }), "the narrowest first");
            Assert.That(Of("observation", "a", 15 * Minute, "x", "b")[0], Is.Not.EqualTo(one[0]), "the next window");
            Assert.That(Of("observation", "a", 15 * Minute, "x", "b")[1], Is.EqualTo(one[1]));
            Assert.That(Of("observation", "c", 12 * Minute, "x", "b"), Has.None.AnyOf(one[0], one[1]));
            Assert.That(Of("observation", "a", 12 * Minute, "x", "d"), Has.None.AnyOf(one[0], one[1]));
        });
    }

    [Test]
    public void Pings_AreBoundedByTarget_WhoeverMeasured() => Assert.Multiple(() =>
    {
        Assert.That(Of("ping", "a", Minute, "a", "b"), Is.EqualTo(Of("ping", "c", 99 * Minute, "c", "b")));
        Assert.That(Of("ping", "a", Minute, "a", "b").Single().Most, Is.EqualTo(5));
        Assert.That(Of("ping", "a", Minute, "a", "b"), Is.Not.EqualTo(Of("ping", "a", Minute, "a", "d")));
    });

    [Test]
    public void GreetingsAndGoodbyes_AreBoundedByEmitter_WhomeverTheyName(
        [Values("hey-there", "chau")] string service) => Assert.Multiple(() =>
    {
        Assert.That(Of(service, "a", Minute, "a", "a"), Is.EqualTo(Of(service, "a", 99 * Minute, "b", "b")));
        Assert.That(Of(service, "a", Minute, "a", "a").Single().Most, Is.EqualTo(20));
        Assert.That(Of(service, "a", Minute, "a", "a"), Is.Not.EqualTo(Of(service, "c", Minute, "a", "a")));
    });

    private static IReadOnlyList<EventBound> Of(
        string service, string emitter, long timestamp, string actor, string target) =>
        ((IBoundedKind)Nara.Kinds.Of(service)).BoundsOf(
            emitter, timestamp, EventReading.Valid(actor, target, EventImportance.High));
}
