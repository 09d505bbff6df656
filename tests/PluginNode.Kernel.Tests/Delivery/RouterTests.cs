using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Transports that do not keep their contract.</summary>
[TestFixture]
public sealed class RouterTests
{
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task ATransportThatNeverComesBack_IsLeftBehind_AndTheMessageIsSentAgain()
    {
        var time = new ManualTimeProvider();
        var calls = 0;
        var hanging = new TaskCompletionSource();
        _network.Intercept = (_, _, _, go) =>
        {
            if (++calls > 1) return go();
            hanging.SetResult();
            return new TaskCompletionSource<IReadOnlyList<SendOutcome>>().Task;
        };
        await using var b = await TestNode.StartAsync(_network, 2);
        await using var a = await TestNode.StartAsync(_network, 1, time: time);
        var reply = await a.SendAsync(2, "x");
        await hanging.Task;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await a.Kernel.Outbox.FindAsync(reply.Id))!.EndedAt is null)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, timeout.Token); // so that some hours pass at most until this is given up
        }
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
        var attempts = (await a.Kernel.Outbox.FindAsync(reply.Id))!.Attempts;
        Assert.That(attempts[0].Outcome, Does.Contain("did not come back"));
    }

    [Test]
    public async Task OutcomesOfOtherMessages_AreNotBelieved()
    {
        _network.Intercept = (_, _, frames, _) => Task.FromResult<IReadOnlyList<SendOutcome>>(
            [.. frames.Select(_ => new SendOutcome(Guid.NewGuid(), SendStatus.Delivered))]);
        await using var a = await TestNode.StartAsync(_network, 1);
        var reply = await a.SendAsync(2, "x");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await a.Kernel.Outbox.FindAsync(reply.Id))!.AttemptCount < 3)
            await Task.Delay(1, timeout.Token);
        Assert.That((await a.Kernel.Outbox.FindAsync(reply.Id))!.EndedAt, Is.Null);
    }
}
