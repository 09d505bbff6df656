namespace PluginNode.EndToEnd.Tests;

[TestFixture]
public sealed class KillTests : NodesInAFolder
{
    private const int Lanes = 4;

    [Test]
    public Task Sender_KilledFiftyTimesUnderLoad_LosesNothingAndKeepsOrder() => PlayAsync(killSender: true, kills: 50);

    [Test]
    public Task Receiver_KilledFiftyTimesUnderLoad_LosesNothingAndDoublesNothing() =>
        PlayAsync(killSender: false, kills: 50);

    private async Task PlayAsync(bool killSender, int kills)
    {
        var seed = Environment.TickCount;
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        var random = new Random(seed);
        await using var sender = new NodeProcess(Folder, "sender");
        await using var receiver = new NodeProcess(Folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver);
        await sender.StartAsync();
        await receiver.StartAsync();
        var producer = new Producer(sender, "receiver", Lanes);
        var consumer = new Consumer(receiver);
        producer.Start();
        consumer.Start();

        var victim = killSender ? sender : receiver;
        for (var i = 0; i < kills; i++)
        {
            await Task.Delay(random.Next(20, 400)); // the instant of the kill is the point of the test
            await victim.KillAsync();
            await victim.StartAsync();
        }
        await producer.StopAsync();
        var promised = producer.Promised;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (Missing(promised, consumer).Count > 0 && !patience.IsCancellationRequested) await Task.Delay(50);
        await consumer.StopAsync();

        await TestContext.Out.WriteLineAsync($"{promised.Count} promised, {consumer.Seen.Count} seen, {kills} kills");
        Assert.Multiple(() =>
        {
            Assert.That(promised, Has.Count.GreaterThan(kills));
            Assert.That(Missing(promised, consumer), Is.Empty, "lost");
            Assert.That(consumer.Doubled, Is.Empty, "doubled");
            Assert.That(consumer.Seen.Distinct().Count(), Is.EqualTo(consumer.Seen.Count), "doubled under another id");
            foreach (var lane in consumer.Seen.Select(t => t.Split(':')).GroupBy(p => p[0], p => int.Parse(p[1])))
                Assert.That(lane, Is.Ordered, $"lane {lane.Key}");
        });
    }

    private static List<string> Missing(IEnumerable<string> promised, Consumer consumer)
    {
        lock (consumer.Seen) return [.. promised.Except(consumer.Seen)];
    }
}
