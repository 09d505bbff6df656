using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Somebody sets the wall clock while the node runs.</summary>
[TestFixture]
public sealed class ClockStepTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromHours(1);

    // One attempt, and then nothing: only the clock decides.
    private static readonly KernelOptions Options = TestNode.Options with
    {
        Retry = new RetryOptions(TimeSpan.FromDays(9), TimeSpan.FromDays(9), 1, FullJitter: false),
    };

    private readonly Network _network = new();

    [TestCase(1), TestCase(-1)]
    public async Task WallClockSteps_NothingExpiresByIt_NorAtAllUntilItIsConfirmed(int days)
    {
        var time = new ManualTimeProvider();
        await using var a = await TestNode.StartAsync(_network, 1, options: Options, time: time);
        var reply = await a.SendAsync(2, "x", ttl: Ttl);
        time.SetUtcNow(time.GetUtcNow() + TimeSpan.FromDays(days));
        await UntilHeldAsync(a, time);
        await AdvanceAsync(a, time, 2 * Ttl);
        Assert.That((await a.Kernel.Outbox.FindAsync(reply.Id))!.State, Is.EqualTo(MessageState.Waiting));
        a.Kernel.ConfirmClock();
        Assert.That((await a.EndOfAsync(reply.Id)).Reason, Is.EqualTo("expired"));
    }

    [Test]
    public async Task WallClockSteps_APeersSignedTimeConfirmsItOnlyWhereTheyAgree()
    {
        var time = new ManualTimeProvider();
        await using var a = await TestNode.StartAsync(_network, 1, options: Options, time: time);
        time.SetUtcNow(time.GetUtcNow() + TimeSpan.FromDays(1));
        await UntilHeldAsync(a, time);
        a.Kernel.TransportHost.Heard(TestNode.IdOf(2), time.GetUtcNow() - TimeSpan.FromDays(1));
        a.Kernel.TransportHost.Heard(TestNode.IdOf(9), time.GetUtcNow()); // nobody in the peer list
        Assert.That((await a.Kernel.MetricsAsync()).ClockHeld, Is.True);
        a.Kernel.TransportHost.Heard(TestNode.IdOf(2), time.GetUtcNow() + TimeSpan.FromMinutes(1));
        Assert.That((await a.Kernel.MetricsAsync()).ClockHeld, Is.False);
    }

    [Test]
    public async Task NoStep_ItExpiresWhenItsTimeHasElapsed_AndNotBefore()
    {
        var time = new ManualTimeProvider();
        await using var a = await TestNode.StartAsync(_network, 1, options: Options, time: time);
        var reply = await a.SendAsync(2, "x", ttl: Ttl);
        await AdvanceAsync(a, time, Ttl - TimeSpan.FromMinutes(1));
        Assert.That(
            (await a.Kernel.Outbox.FindAsync(reply.Id))!.State,
            Is.EqualTo(MessageState.Waiting).Or.EqualTo(MessageState.Sending));
        await AdvanceAsync(a, time, TimeSpan.FromMinutes(2));
        Assert.That((await a.EndOfAsync(reply.Id)).Reason, Is.EqualTo("expired"));
    }

    private static async Task AdvanceAsync(TestNode node, ManualTimeProvider time, TimeSpan by)
    {
        for (var minute = TimeSpan.Zero; minute < by; minute += TimeSpan.FromMinutes(1))
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await node.Kernel.MetricsAsync(); // the loop has gone round
        }
    }

    // The node looks at its clock every few seconds, beside its loops.
    private static async Task UntilHeldAsync(TestNode node, ManualTimeProvider time)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        for (; !(await node.Kernel.MetricsAsync()).ClockHeld; timeout.Token.ThrowIfCancellationRequested())
            time.Advance(TimeSpan.FromSeconds(1));
    }
}
