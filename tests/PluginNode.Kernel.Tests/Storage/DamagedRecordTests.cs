using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Storage;

/// <summary>A record that the store gives back changed concerns no other, and is reported.</summary>
[TestFixture]
public sealed class DamagedRecordTests
{
    private readonly ListMedium _medium = new();
    private Network _network = null!;

    [SetUp]
    public void SetUp()
    {
        _network = new Network();
        _medium.Records.Clear();
        _medium.Quarantined.Clear();
    }

    [TestCase(false), TestCase(true)]
    public async Task Outbox_OneRecordIsDamaged_TheOthersArrive_AndItIsReported(bool header)
    {
        var a = await TestNode.StartAsync(_network, 1, _medium);
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add((await a.SendAsync(2, $"{i}")).Id);
        a.Kill();
        var damaged = Damage(ids[1], Collection.Outbox, header);
        await using var again = await TestNode.StartAsync(_network, 1, _medium);
        await using var b = await TestNode.StartAsync(_network, 2);
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "0", "2" }));
        var metrics = await again.Kernel.MetricsAsync();
        Assert.That((metrics.DamagedRecords, metrics.Quarantined), Is.EqualTo((1, header ? 0 : 1)));
        Assert.That(_medium.Quarantined, Is.EqualTo(new[] { damaged }));
        if (!header)
            Assert.That((await again.Kernel.Outbox.FindAsync(ids[1]))!.State, Is.EqualTo(MessageState.Quarantined));
    }

    [Test]
    public async Task Inbox_OneRecordIsDamaged_TheOthersAreShown_AndItIsReported()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var ids = new List<Guid>();
        await using (var b = await TestNode.StartAsync(_network, 2, _medium))
        {
            for (var i = 0; i < 3; i++) ids.Add((await a.SendAsync(2, $"{i}")).Id);
            await b.ReceiveAsync(3);
        }
        var damaged = Damage(ids[1], Collection.Inbox, header: false);
        await using var again = await TestNode.StartAsync(_network, 2, _medium);
        Assert.That(await again.ReceiveAsync(2), Is.EqualTo(new[] { "0", "2" }));
        Assert.That((await again.Kernel.MetricsAsync()).DamagedRecords, Is.EqualTo(1));
        Assert.That(_medium.Quarantined, Is.EqualTo(new[] { damaged }));
    }

    /// <summary>An empty body is sealed as nothing: only the length in the sealed header tells.</summary>
    [Test]
    public async Task Outbox_OneBodyIsEmptied_TheOthersArrive_AndItIsReported()
    {
        var a = await TestNode.StartAsync(_network, 1, _medium);
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add((await a.SendAsync(2, $"{i}")).Id);
        a.Kill();
        var emptied = Empty(ids[1], Collection.Outbox);
        await using var again = await TestNode.StartAsync(_network, 1, _medium);
        await using var b = await TestNode.StartAsync(_network, 2);
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "0", "2" }));
        Assert.That(_medium.Quarantined, Is.EqualTo(new[] { emptied }));
    }

    [Test]
    public async Task Inbox_OneBodyIsEmptied_TheOthersAreShown_AndItIsReported()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var ids = new List<Guid>();
        await using (var b = await TestNode.StartAsync(_network, 2, _medium))
        {
            for (var i = 0; i < 3; i++) ids.Add((await a.SendAsync(2, $"{i}")).Id);
            await b.ReceiveAsync(3);
        }
        var emptied = Empty(ids[1], Collection.Inbox);
        await using var again = await TestNode.StartAsync(_network, 2, _medium);
        Assert.That(await again.ReceiveAsync(2), Is.EqualTo(new[] { "0", "2" }));
        Assert.That(_medium.Quarantined, Is.EqualTo(new[] { emptied }));
    }

    /// <summary>What is emptied while the node runs: nothing reads the header again.</summary>
    [Test]
    public async Task Outbox_OneBodyIsEmptiedMeanwhile_TheOthersArrive_AndItIsReported()
    {
        await using var a = await TestNode.StartAsync(_network, 1, _medium);
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add((await a.SendAsync(2, $"{i}")).Id);
        a.Kill();
        await using var again = await TestNode.StartAsync(_network, 1, _medium);
        var emptied = Empty(ids[1], Collection.Outbox);
        await using var b = await TestNode.StartAsync(_network, 2);
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "0", "2" }));
        Assert.That((await again.EndOfAsync(ids[1])).State, Is.EqualTo(MessageState.Quarantined));
        Assert.That((await again.Kernel.MetricsAsync()).DamagedRecords, Is.EqualTo(1));
        Assert.That(_medium.Quarantined, Is.EqualTo(new[] { emptied }));
    }

    [Test]
    public async Task Inbox_OneBodyIsEmptiedMeanwhile_TheOthersAreShown_AndItIsReported()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2, _medium);
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add((await a.SendAsync(2, $"{i}")).Id);
        await b.ReceiveAsync(3);
        var emptied = Empty(ids[1], Collection.Inbox);
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "0", "2" }));
        Assert.That((await b.Kernel.MetricsAsync()).DamagedRecords, Is.EqualTo(1));
        Assert.That(_medium.Quarantined, Is.EqualTo(new[] { emptied }));
    }

    [Test]
    public async Task DeadMark_IsDamaged_TheMessageWaitsAgain()
    {
        Guid id;
        await using (var a = await TestNode.StartAsync(_network, 1, _medium))
        {
            id = (await a.SendAsync(2, "x", ttl: TimeSpan.FromMilliseconds(1))).Id;
            await a.SendAsync(2, "kick");
            Assert.That((await a.EndOfAsync(id)).Reason, Is.EqualTo("expired"));
        }
        Damage(id, Collection.DeadMarks, header: true);
        await using var again = await TestNode.StartAsync(_network, 1, _medium);
        await using var b = await TestNode.StartAsync(_network, 2);
        var end = await again.EndOfAsync(id);
        Assert.That(end.State, Is.EqualTo(MessageState.Dead).Or.EqualTo(MessageState.Delivered));
        var metrics = await again.Kernel.MetricsAsync();
        Assert.That((metrics.DamagedRecords, metrics.Restored), Is.EqualTo((1, 2)));
    }

    private long Empty(Guid id, Collection collection)
    {
        var record = _medium.Records.Values.Single(r => r.Key.Id == id && r.Key.Collection == (byte)collection);
        _medium.Records[record.Key.Sequence] = record with { Body = default };
        return record.Key.Sequence;
    }

    private long Damage(Guid id, Collection collection, bool header)
    {
        var record = _medium.Records.Values.Single(r => r.Key.Id == id && r.Key.Collection == (byte)collection);
        var bytes = (header ? record.Header : record.Body).ToArray();
        bytes[^1] ^= 1;
        _medium.Records[record.Key.Sequence] = header ? record with { Header = bytes } : record with { Body = bytes };
        return record.Key.Sequence;
    }
}
