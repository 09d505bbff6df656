using System.Collections.Concurrent;
using System.Text;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Sinks of plugins: sound ones, and such that fail.</summary>
[TestFixture]
public sealed class SinkTests
{
    private readonly ConcurrentQueue<string> _handed = [];
    private Network _network = null!;

    [SetUp]
    public void SetUp()
    {
        _network = new Network();
        _handed.Clear();
    }

    [Test]
    public async Task Sink_Handles_EachIsAcknowledgedOnceAndInOrder()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        b.Kernel.Attach(new Sink(this, _ => false));
        await SendAsync(a, 20);
        await UntilAsync(b, received: 20, waiting: 0);
        Assert.That(_handed, Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"{i}")));
    }

    [Test]
    public async Task Sink_FailsAFewTimes_TheSameMessageComesAgain()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        b.Kernel.Attach(new Sink(this, text => text == "1" && _handed.Count < 5));
        await SendAsync(a, 3);
        await UntilAsync(b, received: 3, waiting: 0);
        Assert.That(_handed, Is.EqualTo(new[] { "0", "1", "1", "1", "1", "2" }));
    }

    [Test]
    public async Task Sink_FailsForGood_TheMessageIsShownToTheApplication_AndTheNextOneIsHandled()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        b.Kernel.Attach(new Sink(this, text => text == "1"));
        await SendAsync(a, 3);
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "1" }));
        await UntilAsync(b, received: 3, waiting: 1);
        Assert.That(_handed.Distinct(), Is.EqualTo(new[] { "0", "1", "2" }));
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "1" }), "until it is acknowledged");
    }

    private static async Task SendAsync(TestNode from, int count)
    {
        for (var i = 0; i < count; i++) await from.SendAsync(2, $"{i}");
    }

    private static async Task UntilAsync(TestNode node, long received, long waiting)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await node.Kernel.MetricsAsync() is var m && (m.InboxReceived < received || m.InboxWaiting > waiting))
            await Task.Delay(1, timeout.Token);
    }

    private sealed class Sink(SinkTests test, Func<string, bool> fails) : IMessageSink
    {
        public IReadOnlyCollection<string> Protocols => ["/c"];

        public Task HandleAsync(InboxMessage message, CancellationToken cancellation)
        {
            var text = Encoding.UTF8.GetString(message.Payload.Span);
            test._handed.Enqueue(text);
            return fails(text) ? throw new InvalidOperationException("broken") : Task.CompletedTask;
        }
    }
}
