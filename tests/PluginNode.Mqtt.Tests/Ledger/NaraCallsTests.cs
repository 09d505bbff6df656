using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Ledger;

[TestFixture]
internal sealed class NaraCallsTests
{
    [Test]
    public async Task MoreBytesThanACallTakes_AreDropped_AndWhatIsNotAskedForTakesNothingOfThem()
    {
        var time = new ManualTimeProvider();
        var calls = new NaraCalls("alice", time, (_, _) => Task.FromResult<string?>(null));
        var asking = calls.AskAsync("rec", ["a"], TimeSpan.FromMinutes(1), CancellationToken.None);
        var half = new string('x', (int)(NaraCalls.MostBytes / 2));
        for (var i = 0; i < 5; i++) await TellAsync("somebody", half);
        for (var i = 0; i < 5; i++) await TellAsync("a", half);
        await Patience.UntilAsync(
            () =>
            {
                time.Advance(NaraCalls.Quiet);
                return asking.IsCompleted;
            },
            () => "it does not end");
        var reply = await asking;
        Assert.That(reply.Failure, Is.Null);
        Assert.That(reply.Events, Has.Count.EqualTo(2));

        async Task TellAsync(string actor, string reason) => await calls.TakeAsync(new MqttMessage
        {
            Topic = NaraTopics.ResponseTo("alice"),
            Payload = new NaraLedgerResponse("rec", [new NaraSocial(1, "tease", actor, "b", reason, "")]).ToJson(),
        });
    }
}
