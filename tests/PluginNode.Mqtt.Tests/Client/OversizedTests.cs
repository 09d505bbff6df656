using System.Collections.Concurrent;
using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Packets;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>Messages that are larger than what is taken, of a broker that cannot be told so.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OversizedTests
{
    private const int Most = 1024;

    private readonly ConcurrentQueue<string> _taken = new();

    [Test]
    public async Task WithV311_ItIsPassedOver_AndWhatComesBehindItIsTaken([Values(1, 7, 1 << 20)] int bytesAWrite)
    {
        using var broker = new ScriptedBroker();
        await using var client = new TestClient(Options(broker, MqttProtocol.V311));
        using var end = await SubscribedAsync(broker, client);
        await end.SendInPiecesAsync(
            bytesAWrite, Publish("large", 1, Most), Publish("small", 2, 1), Publish("larger", 0, 9 * Most),
            Publish("last", 3, 1));

        var ids = new List<int>();
        for (var i = 0; i < 3; i++) ids.Add((await end.ReadAsync<PubAckPacket>()).Id);
        Assert.Multiple(() =>
        {
            Assert.That(ids, Is.EqualTo([1, 2, 3]), "in the order of arrival");
            Assert.That(_taken, Is.EqualTo(["small", "last"]));
            Assert.That(client.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Connected));
            Assert.That(client.Logs.Lines.Count(l => l.Event.Id == 5010), Is.EqualTo(1), "told once");
        });
    }

    // a topic longer than the packet, and of QoS 2
    [TestCase("30FF0FFFFF")]
    [TestCase("34FF0F0001610001")]
    [TestCase("90FF0F")]
    public async Task WithV311_WhatIsNoMessageThatCanBePassedOver_EndsTheConnection(string hex)
    {
        using var broker = new ScriptedBroker();
        await using var client = new TestClient(Options(broker, MqttProtocol.V311));
        using var end = await broker.TakeAsync();
        await end.SendAsync(Convert.FromHexString(hex));
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Text, Does.Contain($"a packet of 2050 bytes, and {Most} are taken"));
    }

    [Test]
    public async Task WithV5_WhichTellsTheBroker_ItEndsTheConnection()
    {
        using var broker = new ScriptedBroker();
        await using var client = new TestClient(Options(broker, MqttProtocol.V5));
        using var end = await broker.TakeAsync();
        await end.SendAsync(Publish("large", 1, Most));
        Assert.That((await end.ReadAsync<DisconnectPacket>()).Reason, Is.EqualTo(MqttReason.PacketTooLarge));
    }

    private static MqttClientOptions Options(ScriptedBroker broker, MqttProtocol protocol) =>
        TestClient.Options(broker.Port) with { Protocol = protocol, MaximumPacketBytes = Most };

    private static PublishPacket Publish(string topic, ushort id, int bytes) =>
        new() { Topic = topic, Qos = (byte)(id > 0 ? 1 : 0), Id = id, Payload = new byte[bytes] };

    private async Task<BrokerEnd> SubscribedAsync(ScriptedBroker broker, TestClient client)
    {
        var end = await broker.TakeAsync();
        var asked = client.Mqtt.SubscribeAsync("#", MqttQos.AtLeastOnce, (message, _) =>
        {
            _taken.Enqueue(message.Topic);
            return ValueTask.CompletedTask;
        });
        await end.GrantAsync();
        await Patience.ForAsync(asked);
        return end;
    }
}
