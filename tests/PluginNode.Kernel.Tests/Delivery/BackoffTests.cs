using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;

namespace PluginNode.Kernel.Tests.Delivery;

[TestFixture]
public sealed class BackoffTests
{
    [Test]
    public void Next_HoweverOftenItFails_GrowsToTheMostAndStaysThere([Values(1.0, 1.5, 2.0, 1000.0)] double factor)
    {
        var options = new RetryOptions(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), factor, FullJitter: false);
        var backoff = new Backoff(options, new SeededChance(1));
        var last = TimeSpan.Zero;
        for (var i = 0; i < 5000; i++)
        {
            var wait = backoff.Next();
            Assert.That(wait, Is.InRange(last, options.Most));
            last = wait;
        }
        Assert.That(last, Is.EqualTo(factor > 1 ? options.Most : options.First));
    }
}
