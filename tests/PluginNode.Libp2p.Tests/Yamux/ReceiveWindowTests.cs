using PluginNode.Conformance.Fakes;

namespace PluginNode.Libp2p.Yamux;

[TestFixture]
internal sealed class ReceiveWindowTests
{
    private const int First = YamuxOptions.FirstWindow;
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(10);

    private readonly ManualTimeProvider _time = new();

    [Test]
    public void Open_HalfUsedWithinFourRoundTrips_Doubles()
    {
        var window = new ReceiveWindow(_time);
        Assert.That(window.TryUse(First / 2));
        _time.Advance(3 * RoundTrip);
        Assert.That(window.Open(First / 2, RoundTrip, long.MaxValue), Is.EqualTo(First + (First / 2)));
        Assert.That((window.Size, window.Left), Is.EqualTo((2 * First, 2 * First)));
    }

    [Test]
    public void Open_HalfUsedInMoreTime_StaysAsLarge()
    {
        var window = new ReceiveWindow(_time);
        window.TryUse(First / 2);
        _time.Advance(5 * RoundTrip);
        Assert.That(window.Open(First / 2, RoundTrip, long.MaxValue), Is.EqualTo(First / 2));
        Assert.That(window.Size, Is.EqualTo(First));
    }

    [Test]
    public void Open_BeyondItsLimit_StaysAsLarge()
    {
        var window = new ReceiveWindow(_time);
        window.TryUse(First);
        Assert.That(window.Open(First, RoundTrip, (2 * First) - 1), Is.EqualTo(First));
    }

    [Test]
    public void Open_WhatLiesUnreadOrIsUnderWay_IsNotGrantedAgain()
    {
        var window = new ReceiveWindow(_time);
        window.TryUse(First);
        Assert.That(window.Open(1, default, long.MaxValue), Is.Zero);
        Assert.That(window.Open((First / 2) - 1, default, long.MaxValue), Is.EqualTo(First / 2));
        Assert.That((window.Left, window.Unread), Is.EqualTo((First / 2, First / 2)));
    }

    /// <summary>The specification's rule from the other end: what it was granted in all, less what was read, is what
    /// may come to lie here.</summary>
    [Test]
    public void Window_WhateverComesAndIsRead_NeverGrantsMoreThanItsSize([Range(1, 20)] int seed)
    {
        var (window, chance) = (new ReceiveWindow(_time), new Random(seed));
        long granted = First, used = 0, taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            var frame = chance.Next(window.Left + 1);
            Assert.That(window.TryUse((uint)frame));
            used += frame;
            _time.Advance(chance.Next(100) * RoundTrip / 10);
            var count = chance.Next((int)(used - taken) + 1);
            taken += count;
            granted += window.Open(count, RoundTrip, 4 * First);
            Assert.That(granted - taken, Is.LessThanOrEqualTo(window.Size), $"at step {i}");
            Assert.That((window.Left, window.Unread), Is.EqualTo(((int)(granted - used), (int)(used - taken))));
        }
        Assert.That(window.Size, Is.EqualTo(4 * First));
    }

    [Test]
    public void TryUse_MoreThanIsLeft_IsRefused()
    {
        var window = new ReceiveWindow(_time);
        Assert.That(window.TryUse(First));
        Assert.That(window.TryUse(1), Is.False);
    }
}
