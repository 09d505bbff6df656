using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

[TestFixture]
public sealed class ModerateTests
{
    [Test]
    public async Task PeerStaysAway_IsTriedAtOnce_AndAfter15Seconds60SecondsAnd5Minutes()
    {
        var network = new Network();
        var time = new ManualTimeProvider();
        var attempts = new List<TimeSpan>();
        network.Intercept = (_, _, frames, _) =>
        {
            lock (attempts) attempts.Add(TimeSpan.FromTicks(time.GetTimestamp()));
            return Task.FromResult<IReadOnlyList<SendOutcome>>(
                [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Retry, "nobody is there"))]);
        };
        await using var a = await TestNode.StartAsync(network, 1, time: time);
        var reply = await a.SendAsync(2, "x", protocol: "/m");
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await a.Kernel.Outbox.FindAsync(reply.Id))!.State != MessageState.Dead)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, timeout.Token);
        }
        TimeSpan[] waits = [.. attempts.Zip(attempts.Skip(1), (earlier, later) => later - earlier)];
        Assert.That(waits, Has.Length.EqualTo(3));
        Assert.Multiple(() => // at least: the loop may have been a little behind the clock
        {
            Assert.That(waits[0], Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(15)));
            Assert.That(waits[1], Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(60)));
            Assert.That(waits[2], Is.GreaterThanOrEqualTo(TimeSpan.FromMinutes(5)));
        });
    }
}
