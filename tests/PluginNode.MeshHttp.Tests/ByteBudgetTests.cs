using PluginNode.Identity;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class ByteBudgetTests
{
    [Test]
    public async Task Return_TwoEmptyBodiesOfOnePeerAtOnce_BothGiveBackNothing()
    {
        var budget = new ByteBudget(100, 100);
        var peer = PeerId.FromPublicKey(new byte[PeerId.KeyBytes]);

        await budget.TakeAsync(peer, 0, CancellationToken.None);
        await budget.TakeAsync(peer, 0, CancellationToken.None);
        budget.Return(peer, 0);

        Assert.That(() => budget.Return(peer, 0), Throws.Nothing);
        await budget.TakeAsync(peer, 100, new CancellationToken(canceled: true)); // granted at once: all of it is free
    }
}
