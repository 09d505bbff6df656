using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>At a limit the caller is told which one, and others are not hindered by it.</summary>
[TestFixture]
public sealed class OutboxLimitTests
{
    private static readonly string Large = new('x', 900);
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task Memory_IsFull_IsTold_AndStableOnesAreStillTaken()
    {
        await using var a = await StartAsync(new OutboxLimits { Memory = 2000 });
        Assert.That((await a.SendAsync(2, Large, "/m")).Verdict, Is.EqualTo(SendVerdict.Accepted));
        await IsFullAsync(a.SendAsync(2, Large, "/m"), "delivery.limits.memory");
        Assert.That((await a.SendAsync(2, Large)).Verdict, Is.EqualTo(SendVerdict.Accepted));
    }

    [Test]
    public async Task OnePeersShare_IsFull_IsTold_AndOtherPeersAreNotHindered()
    {
        await using var a = await StartAsync(new OutboxLimits { BytesPerPeer = 2000 });
        var first = await a.SendAsync(2, Large);
        Assert.That(first.Verdict, Is.EqualTo(SendVerdict.Accepted));
        await IsFullAsync(a.SendAsync(2, Large), "delivery.limits.bytesPerPeer");
        Assert.That((await a.SendAsync(3, Large)).Verdict, Is.EqualTo(SendVerdict.Accepted));
        await a.Kernel.Outbox.CancelAsync(first.Id);
        Assert.That((await a.SendAsync(2, Large)).Verdict, Is.EqualTo(SendVerdict.Accepted), "its room came back");
    }

    private static async Task IsFullAsync(Task<SendReply> sending, string key)
    {
        var reply = await sending;
        Assert.That(reply.Verdict, Is.EqualTo(SendVerdict.Full));
        Assert.That(reply.Reason, Does.Contain(key));
    }

    // Nobody is there, and nothing is tried again meanwhile.
    private Task<TestNode> StartAsync(OutboxLimits limits)
    {
        var rarely = new RetryOptions(TimeSpan.FromHours(1), TimeSpan.FromHours(1), 1, FullJitter: false);
        return TestNode.StartAsync(_network, 1, options: TestNode.Options with { Limits = limits, Retry = rarely });
    }
}
