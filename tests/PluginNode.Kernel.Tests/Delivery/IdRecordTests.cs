using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>The records that remember ids: few, small enough, and nothing forgotten by merging them.</summary>
[TestFixture]
public sealed class IdRecordTests
{
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task Ack_OneByOne_LeavesFewRecords_AndEveryIdIsKnownAfterARestart()
    {
        const int messages = 300;
        var medium = new ListMedium();
        await using var a = await TestNode.StartAsync(_network, 1);
        await using (var b = await TestNode.StartAsync(_network, 2, medium))
        {
            for (var i = 0; i < messages; i++) await a.SendAsync(2, $"{i}", key: $"{i % 7}");
            await b.ReceiveAsync(messages);
            foreach (var item in (await b.Kernel.Inbox.ListAsync(new InboxQuery(Limit: 1000), default)).Items)
                await b.Kernel.Inbox.AckAsync([new InboxReference(item.Message.Id)]);
        }
        Assert.That(Records(medium, Collection.SeenIds), Has.Count.LessThan(12));
        await AllAreDuplicatesAfterRestartAsync(a, medium, messages);
    }

    [Test]
    public async Task Ack_ManyLongKeysAtOnce_KeepsHeadersWithinTheLimit()
    {
        const int messages = 300;
        var medium = new ListMedium();
        await using var a = await TestNode.StartAsync(_network, 1);
        await using (var b = await TestNode.StartAsync(_network, 2, medium))
        {
            for (var i = 0; i < messages; i++) await a.SendAsync(2, $"{i}", key: new string('\u20ac', 250) + i);
            await b.ReceiveAsync(messages);
            var page = await b.Kernel.Inbox.ListAsync(new InboxQuery(Limit: 1000), default);
            await b.Kernel.Inbox.AckAsync([.. page.Items.Select(i => new InboxReference(i.Message.Id))]);
        }
        Assert.That(medium.Records.Values.Select(r => r.Header.Length), Is.All.LessThanOrEqualTo(RecordLimits.HeaderBytes));
        await AllAreDuplicatesAfterRestartAsync(a, medium, messages);
    }

    [Test]
    public async Task Ack_TheCommitFails_TheNextOneForgetsNothing()
    {
        var medium = new ListMedium();
        await using var a = await TestNode.StartAsync(_network, 1);
        await using (var b = await TestNode.StartAsync(_network, 2, medium))
        {
            for (var i = 0; i < 3; i++) await a.SendAsync(2, $"{i}");
            await b.ReceiveAsync(3);
            var items = (await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items;
            await b.Kernel.Inbox.AckAsync([new InboxReference(items[0].Message.Id)]);
            b.Store.BeforeCommit = _ => throw new StoreException("no");
            Assert.That(
                () => b.Kernel.Inbox.AckAsync([new InboxReference(items[1].Message.Id)]), Throws.InstanceOf<StoreException>());
            b.Store.BeforeCommit = null;
            await b.Kernel.Inbox.AckAsync([new InboxReference(items[1].Message.Id), new InboxReference(items[2].Message.Id)]);
        }
        Assert.That(Records(medium, Collection.SeenIds), Has.Count.EqualTo(1));
        await AllAreDuplicatesAfterRestartAsync(a, medium, 3);
    }

    [Test]
    public async Task End_OneByOneWithTheCallersIds_LeavesFewRecords_AndEveryIdIsKnownAfterARestart()
    {
        const int messages = 300;
        var medium = new ListMedium();
        var ids = Enumerable.Range(0, messages).Select(_ => Guid.CreateVersion7()).ToList();
        await using (var a = await TestNode.StartAsync(_network, 1, medium))
        await using (await TestNode.StartAsync(_network, 2))
        {
            foreach (var id in ids)
            {
                await a.SendAsync(2, "x", id: id);
                await a.EndOfAsync(id);
            }
        }
        Assert.That(Records(medium, Collection.RememberedIds), Has.Count.LessThan(12));
        await using var again = await TestNode.StartAsync(_network, 1, medium);
        foreach (var id in ids)
            Assert.That((await again.SendAsync(2, "x", id: id)).Verdict, Is.EqualTo(SendVerdict.Known));
    }

    private async Task AllAreDuplicatesAfterRestartAsync(TestNode a, ListMedium medium, int messages)
    {
        await using var again = await TestNode.StartAsync(_network, 2, medium);
        var frames = _network.Sent.Where(s => s.To == again.Id).SelectMany(s => s.Frames).ToList();
        Assert.That(frames.Select(f => f.Id).Distinct().Count(), Is.EqualTo(messages));
        foreach (var frame in frames)
            Assert.That((await _network.DeliverAsync(a.Id, again.Id, [frame]))[0].Status, Is.EqualTo(SendStatus.Duplicate));
        Assert.That((await again.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Is.Empty);
    }

    private static List<Record> Records(ListMedium medium, Collection collection) =>
        [.. medium.Records.Values.Where(r => r.Key.Collection == (byte)collection)];
}
