namespace PluginNode.EndToEnd.Tests;

/// <summary>One of two nodes is killed again and again under load: what was accepted arrives once, in order.</summary>
internal static class KillRounds
{
    private const int Lanes = 4;

    /// <param name="sender">Knows the other as <c>receiver</c>; not started.</param>
    /// <param name="receiver">Not started.</param>
    /// <param name="killSender">Whom to kill.</param>
    /// <param name="kills">How often.</param>
    /// <param name="whileDown">What else happens in a round, from 0 on, between the kill and the next start.</param>
    public static async Task PlayAsync(
        NodeProcess sender, NodeProcess receiver, bool killSender, int kills, Func<int, Task>? whileDown = null)
    {
        var seed = Environment.TickCount;
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        var random = new Random(seed);
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
            if (whileDown is not null) await whileDown(i);
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
