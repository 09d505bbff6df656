using PluginNode.Delivery;

namespace PluginNode.Kernel.Tests.Delivery;

[TestFixture]
public sealed class SenderWindowTests
{
    private readonly Guid[] _ids = [.. Enumerable.Range(0, 100).Select(_ => Guid.NewGuid())];

    [Test]
    public void Add_MoreThanItMayKeep_ForgetsTheOldest()
    {
        var window = new SenderWindow(10);
        foreach (var id in _ids) window.Add(id, 1, 1);
        Assert.That(_ids.Where(id => window.Digest(id) is not null), Is.EqualTo(_ids[^10..]));
    }

    [Test]
    public void Prune_ForgetsWhatIsOlder_AndNothingElse()
    {
        var window = new SenderWindow(1000);
        for (var i = 0; i < _ids.Length; i++) window.Add(_ids[i], 1, i);
        window.Prune(40);
        Assert.That(_ids.Where(id => window.Digest(id) is not null), Is.EqualTo(_ids[40..]));
    }

    [Test]
    public void Advance_InMoreLanesThanItMayKeep_ForgetsTheOldest()
    {
        var window = new SenderWindow(10);
        for (var lane = 0; lane <= 100_000; lane++) window.Advance($"{lane}", 1, 7);
        Assert.That(window.Position("0", 1), Is.Zero);
        Assert.That((window.Position("1", 1), window.Position("100000", 1)), Is.EqualTo((7, 7)));
    }
}
