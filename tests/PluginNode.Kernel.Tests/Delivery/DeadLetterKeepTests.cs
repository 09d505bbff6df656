using ManualTimeProvider = PluginNode.Conformance.Fakes.ManualTimeProvider;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Dead letters are kept for as long as the configuration says, by the time that has really passed.</summary>
[TestFixture]
public sealed class DeadLetterKeepTests
{
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new();

    [TestCase(false), TestCase(true)]
    public async Task WallClockIsSetFarAhead_TheyStay_UntilTheirTimeHasPassed(bool restarted)
    {
        var options = TestNode.Options with { DeadLetterKeep = Keep };
        var wire = new Network { Intercept = Refuse };
        var medium = new ListMedium();
        var node = await TestNode.StartAsync(wire, 1, medium, options, _time);
        await node.EndOfAsync((await node.SendAsync(2, "nobody wants it")).Id);
        var died = _time.GetTimestamp();
        if (restarted)
        {
            await node.DisposeAsync();
            node = await TestNode.StartAsync(wire, 1, medium, options, _time);
        }
        await using var last = node;

        _time.SetUtcNow(_time.GetUtcNow() + TimeSpan.FromDays(45));
        _time.Advance(Tick);
        await UntilAsync(async () => (await node.Kernel.MetricsAsync()).ClockHeld);
        Assert.That(await DeadAsync(node), Is.EqualTo(1), "in doubt");
        node.Kernel.ConfirmClock();
        Assert.That((await node.Kernel.MetricsAsync()).ClockHeld, Is.False);
        await UntilAsync(async () =>
        {
            _time.Advance(Tick);
            return await DeadAsync(node) == 0;
        });
        Assert.That(_time.GetElapsedTime(died), Is.GreaterThan(Keep));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition()) Assert.That(patience.IsCancellationRequested, Is.False, "it does not come");
    }

    private static async Task<int> DeadAsync(TestNode node) =>
        (await node.Kernel.Outbox.ListAsync(new MessageQuery(MessageState.Dead))).Count;

    private static Task<IReadOnlyList<SendOutcome>> Refuse(
        PeerId from, PeerId to, IReadOnlyList<Frame> frames, Func<Task<IReadOnlyList<SendOutcome>>> go) =>
        Task.FromResult<IReadOnlyList<SendOutcome>>(
            [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Refused, "nobody wants it"))]);
}
