using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Mqtt.Plaza;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Mqtt.Wire;
using PluginNode.Storage;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>When this node says that it is there, and that it goes.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AnnouncerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly RecordingLedger _ledger = new();
    private readonly RecordingLogs _logs = new();
    private readonly Gathered<(string Topic, string Text)> _published = new();

    [Test]
    public async Task Connected_IsRecordedAndSaid_WhenTheJitterIsOver_AndNotBefore()
    {
        var announcer = Make(jitter: 0.6);
        announcer.Connected();
        await TimerAsync();
        _time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromTicks(1));
        Assert.That((_time.Timers, _ledger.Recorded.Count), Is.EqualTo((1, 0)));
        _time.Advance(TimeSpan.FromTicks(1));
        await _published.HasAsync(_ => true);
        Assert.That(_ledger.Recorded.Single().Service, Is.EqualTo("hey-there"));
        Assert.That(_published.All, Is.EqualTo(new[] { ("nara/plaza/hey_there", $"1 {_ledger.Recorded[0].Data}") }));
    }

    [Test]
    public async Task Reconnected_SaysTheSameEventAgain_UntilTenMinutesHavePassed()
    {
        var announcer = Make();
        for (var i = 1; i <= 3; i++)
        {
            announcer.Connected();
            await _published.HasAsync(_ => true, i);
            announcer.Lost();
        }
        Assert.That(_ledger.Recorded, Has.Count.EqualTo(1));
        Assert.That(_published.All.Distinct(), Has.Exactly(1).Items);
        _time.Advance(Announcer.Repeats);
        announcer.Connected();
        await _published.HasAsync(p => p.Text.StartsWith("2 ", StringComparison.Ordinal));
    }

    [Test]
    public async Task Lost_BeforeTheJitterIsOver_SaysNothing_AndNothingIsSaidAtTheEnd()
    {
        var announcer = Make(jitter: 0.6);
        announcer.Connected();
        await TimerAsync();
        announcer.Lost();
        await LeaveAsync(announcer);
        Assert.That(_ledger.Recorded, Is.Empty);
        Assert.That(_published.All, Is.Empty);
    }

    [TestCase(true, true, 2, 2)]
    [TestCase(true, false, 2, 1)]
    [TestCase(false, true, 1, 1)]
    public async Task Leave_RecordsAndSaysAGoodbye_WhereThereIsTimeAndSomebodyToHearIt(
        bool isGraceful, bool isConnected, int recorded, int published)
    {
        var announcer = Make();
        announcer.Connected();
        await _published.HasAsync(_ => true);
        await Patience.ForAsync(announcer.LeaveAsync(isGraceful, isConnected, CancellationToken.None));
        announcer.Connected(); // too late
        Assert.That(_ledger.Recorded.Select(r => r.Service), Is.EqualTo(new[] { "hey-there", "chau" }.Take(recorded)));
        Assert.That(
            _published.All.Select(p => p.Topic),
            Is.EqualTo(new[] { "nara/plaza/hey_there", "nara/plaza/chau" }.Take(published)));
    }

    [Test]
    public async Task WhatIsNotRecorded_IsNotSaid([Values] bool refused)
    {
        _ledger.Instead = refused
            ? () => Task.FromResult(new RecordedEvent(null, EventVerdict.NotValid, "the disk is full"))
            : () => throw new StoreException("the disk is full");
        var announcer = Make();
        announcer.Connected();
        await Patience.UntilAsync(() => !_logs.Lines.IsEmpty, () => "nothing is told");
        await LeaveAsync(announcer);
        Assert.That(_published.All, Is.Empty);
        Assert.That(_logs.Lines.Select(l => l.Text), Is.All.Contains("the disk is full"));
    }

    [Test]
    public async Task Leave_WhileTheStoreHangs_EndsWithTheGrace()
    {
        var announcer = Make();
        announcer.Connected();
        await _published.HasAsync(_ => true);
        _ledger.Instead = () => new TaskCompletionSource<RecordedEvent>().Task;
        using var grace = new CancellationTokenSource();
        var leaving = announcer.LeaveAsync(isGraceful: true, isConnected: true, grace.Token);
        Assert.That(leaving.IsCompleted, Is.False);
        await grace.CancelAsync();
        await Patience.ForAsync(leaving);
        Assert.That(_published.All, Has.Count.EqualTo(1));
    }

    private Announcer Make(double jitter = 0)
    {
        var chance = new FixedChance(jitter);
        var node = new MqttNode(
            new MemorySigner(SomePeers.New(chance)), new MemoryPeers(), _time, chance, _logs);
        return new Announcer(node, new PlazaParts(_ledger, _ledger, null), "星-1", (message, _) =>
        {
            _published.Add((message.Topic, Encoding.UTF8.GetString(message.Payload.Span)));
            return ValueTask.FromResult(new MqttPublishResult(MqttReason.Success, ""));
        });
    }

    private static Task LeaveAsync(Announcer announcer) =>
        Patience.ForAsync(announcer.LeaveAsync(isGraceful: true, isConnected: true, CancellationToken.None));

    private Task TimerAsync() => Patience.UntilAsync(() => _time.Timers == 1, () => "no wait has begun");
}
