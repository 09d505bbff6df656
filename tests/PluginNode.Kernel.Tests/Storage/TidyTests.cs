using PluginNode.Conformance.Fakes;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Storage;

/// <summary>When the kernel asks its store to give space back.</summary>
[TestFixture]
public sealed class TidyTests
{
    [Test]
    public async Task Compact_SoonAfterTheStart_AndThenNowAndThen()
    {
        var time = new ManualTimeProvider();
        await using var a = await TestNode.StartAsync(new Network(), 1, time: time);
        Assert.That(a.Store.Compactions, Is.Zero);
        await PassAsync(a, time, minutes: 1, until: 1);
        await PassAsync(a, time, minutes: 9, until: 1);
        Assert.That(a.Store.Compactions, Is.EqualTo(1));
        await PassAsync(a, time, minutes: 1, until: 2);
        Assert.That(a.Store.Compactions, Is.EqualTo(2));
    }

    // The timer's tick is taken on another thread, beside the kernel's loops.
    private static async Task PassAsync(TestNode node, ManualTimeProvider time, int minutes, int until)
    {
        time.Advance(TimeSpan.FromMinutes(minutes));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (node.Store.Compactions < until)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await node.Kernel.MetricsAsync();
        }
    }
}
