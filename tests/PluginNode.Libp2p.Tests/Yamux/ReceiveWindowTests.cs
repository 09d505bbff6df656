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
        Assert.That(window.Open(unread: 0, RoundTrip, long.MaxValue), Is.EqualTo(First + (First / 2)));
        Assert.That((window.Size, window.Left), Is.EqualTo((2 * First, 2 * First)));
    }

    [Test]
    public void Open_HalfUsedInMoreTime_StaysAsLarge()
    {
        var window = new ReceiveWindow(_time);
        window.TryUse(First / 2);
        _time.Advance(5 * RoundTrip);
        Assert.That(window.Open(unread: 0, RoundTrip, long.MaxValue), Is.EqualTo(First / 2));
        Assert.That(window.Size, Is.EqualTo(First));
    }

    [Test]
    public void Open_BeyondItsLimit_StaysAsLarge()
    {
        var window = new ReceiveWindow(_time);
        window.TryUse(First);
        Assert.That(window.Open(unread: 0, RoundTrip, (2 * First) - 1), Is.EqualTo(First));
    }

    [Test]
    public void Open_WhatLiesUnread_IsNotGrantedAgain()
    {
        var window = new ReceiveWindow(_time);
        window.TryUse(First);
        Assert.That(window.Open(unread: First - 1, default, long.MaxValue), Is.Zero);
        Assert.That(window.Open(unread: First / 4, default, long.MaxValue), Is.EqualTo(First - (First / 4)));
    }

    [Test]
    public void TryUse_MoreThanIsLeft_IsRefused()
    {
        var window = new ReceiveWindow(_time);
        Assert.That(window.TryUse(First));
        Assert.That(window.TryUse(1), Is.False);
    }
}
