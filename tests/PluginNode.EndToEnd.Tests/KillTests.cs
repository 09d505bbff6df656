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

    [Test]
    public Task Sender_KilledOverLibp2p_LosesNothingAndKeepsOrder() =>
        PlayAsync(killSender: true, kills: 15, n => [n.Libp2pAddress]);

    [Test]
    public Task Receiver_KilledOverLibp2p_LosesNothingAndDoublesNothing() =>
        PlayAsync(killSender: false, kills: 15, n => [n.Libp2pAddress]);

    private async Task PlayAsync(bool killSender, int kills, Func<NodeProcess, string[]>? addresses = null)
    {
        var seed = Environment.TickCount;
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        var random = new Random(seed);
        await using var sender = new NodeProcess(Folder, "sender");
        await using var receiver = new NodeProcess(Folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver, addresses ?? (n => [n.MeshAddress]));
        await sender.StartAsync();
        await receiver.StartAsync();
        var ledger = new Ledger();
        var producer = new Producer(ledger, sender, "receiver", Lanes);
        var consumer = new Consumer(ledger, receiver);
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
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (Audit.Of(ledger.All()).Findings.Any(f => f.Fault == Fault.Lost) && !patience.IsCancellationRequested)
            await Task.Delay(50);
        await consumer.StopAsync();

        var audit = Audit.Of(ledger.All());
        await TestContext.Out.WriteLineAsync($"{audit.Accepted} accepted, {audit.Seen} seen, {kills} kills");
        Assert.That(audit.Accepted, Is.GreaterThan(kills));
        Assert.That(audit.Findings, Is.Empty);
    }
}
