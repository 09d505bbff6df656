using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>A cancel tells the truth about what may already have arrived.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CancelTests
{
    private readonly TaskCompletionSource<SendStatus> _outcome = new();
    private readonly TaskCompletionSource _sending = new();
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [TestCase(SendStatus.Retry, MessageState.MaybeDelivered), TestCase(SendStatus.Delivered, MessageState.Delivered)]
    public async Task Cancel_InFlight_WaitsForTheOutcome(SendStatus outcome, MessageState state)
    {
        _network.Intercept = async (_, _, frames, _) =>
        {
            _sending.TrySetResult();
            var status = await _outcome.Task;
            return [.. frames.Select(f => new SendOutcome(f.Id, status, "no answer"))];
        };
        await using var a = await TestNode.StartAsync(_network, 1);
        var reply = await a.SendAsync(2, "x");
        await _sending.Task;
        var cancelling = a.Kernel.Outbox.CancelAsync(reply.Id);
        await a.Kernel.MetricsAsync(); // the loop has gone round
        Assert.That(cancelling.IsCompleted, Is.False);
        _outcome.SetResult(outcome);
        Assert.That(await cancelling, Is.EqualTo(ChangeResult.Done));
        Assert.That((await a.Kernel.Outbox.FindAsync(reply.Id))!.State, Is.EqualTo(state));
    }
}
