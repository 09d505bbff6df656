using PluginNode.Identity;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests;

/// <summary>The bounds that keep a peer, or a stranger, from filling memory.</summary>
[TestFixture]
internal sealed class LimitTests
{
    private readonly PeerId _peer = new KeyRing().NewSigner().Self;

    [Test]
    public void NonceCache_Full_SaysSoForThatPeerOnly()
    {
        var cache = new NonceCache(capacity: 2, window: 30);

        Assert.That(cache.Add(_peer, 1, 100, 100), Is.EqualTo(NonceVerdict.New));
        Assert.That(cache.Add(_peer, 2, 100, 100), Is.EqualTo(NonceVerdict.New));
        Assert.That(cache.Add(_peer, 3, 100, 100), Is.EqualTo(NonceVerdict.Full));
        Assert.That(cache.Add(_peer, 1, 100, 100), Is.EqualTo(NonceVerdict.Seen));
        Assert.That(cache.Add(new KeyRing().NewSigner().Self, 3, 100, 100), Is.EqualTo(NonceVerdict.New));
    }

    [Test]
    public void NonceCache_TimePasses_ForgetsOnlyWhatCannotPassAgain()
    {
        var cache = new NonceCache(capacity: 2, window: 30);
        cache.Add(_peer, 1, 100, 100);
        cache.Add(_peer, 2, 101, 101);

        Assert.That(cache.Add(_peer, 3, 131, 131), Is.EqualTo(NonceVerdict.New));
        Assert.That(cache.Add(_peer, 2, 101, 131), Is.EqualTo(NonceVerdict.Seen));
        Assert.That(cache.Add(_peer, 1, 100, 130), Is.EqualTo(NonceVerdict.Stale),
            "looked at the clock before the one above");
    }

    [Test]
    public async Task ByteBudget_Full_ServesInOrderOnceThereIsRoom()
    {
        var budget = new ByteBudget(10);
        await budget.TakeAsync(8, CancellationToken.None);
        var large = budget.TakeAsync(9, CancellationToken.None).AsTask();
        var small = budget.TakeAsync(1, CancellationToken.None).AsTask();

        Assert.That(small.IsCompleted, Is.False, "it would starve the large one");
        budget.Return(8);
        await large;
        await small;
    }

    [Test]
    public async Task ByteBudget_WaiterGivesUp_TheNextOneIsServed()
    {
        var budget = new ByteBudget(10);
        await budget.TakeAsync(8, CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var large = budget.TakeAsync(9, cancel.Token).AsTask();
        var small = budget.TakeAsync(2, CancellationToken.None).AsTask();

        await cancel.CancelAsync();

        Assert.ThrowsAsync<TaskCanceledException>(() => large);
        await small;
    }

    [Test]
    public void RareLog_FloodOfInventedPeers_KeepsFewOfThem()
    {
        var log = new RareLog(TimeProvider.System);
        var ring = new KeyRing();

        var lines = Enumerable.Range(0, 2000).Count(_ => log.May(ring.NewSigner().Self));

        Assert.That(lines, Is.EqualTo(1024));
    }
}
