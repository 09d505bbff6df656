using PluginNode.Logging;
using PluginNode.Sync;

namespace PluginNode.Host.Tests;

/// <summary>What the log says of recovery.</summary>
public sealed class RecoveryLogTests
{
    [Test]
    public async Task Log_BeginsGoesOnAndEnds_WithoutAnybodysName()
    {
        await using var log = new WatchedLog();
        using var loggers = LineLogs.Create(log, TimeProvider.System);
        var clock = new LeapingClock();
        await using (var node = await RecoveringNode.StartAsync(loggers, clock))
        {
            var events = await node.EventsAsync(3);
            node.Attach(new ScriptedStrategy(async (session, cancellation) =>
            {
                var beta = session.Plan.Neighbours[0];
                await ScriptedStrategy.TellAsync(session, beta, [events[0]], cancellation);
                clock.Leap(TimeSpan.FromSeconds(6));
                await ScriptedStrategy.TellAsync(session, beta, [events[1]], cancellation);
                await log.UntilAsync("recovery by scripted: ");
                await ScriptedStrategy.TellAsync(session, beta, [events[2]], cancellation);
                return new SyncReport(SyncOutcome.Partial, "beta is tired");
            }));
            await node.UntilEndAsync();
        }
        var text = log.Text;
        var lines = text.Split('\n').Where(l => l.Contains("ecovery", StringComparison.Ordinal)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(lines, Has.One.Contain("Recovery begins"));
            Assert.That(lines.Count(l => l.Contains("recovery by scripted: ", StringComparison.Ordinal)),
                Is.EqualTo(1), "five seconds have passed once");
            Assert.That(lines[^1], Does.Contain("Partial").And.Contain("scripted"));
            Assert.That(text, Does.Contain("3 events new of 3"));
            Assert.That(text, Does.Not.Contain("beta").And.Not.Contain("tired"));
        });
    }
}
