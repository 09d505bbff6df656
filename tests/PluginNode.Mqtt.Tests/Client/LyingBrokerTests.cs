using System.Net.Sockets;
using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Packets;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>A broker that lies, breaks off and sends whatever comes to its mind, and then one that does not.</summary>
[TestFixture]
internal sealed class LyingBrokerTests
{
    private const int Connections = 300;

    private static readonly byte[] Codes =
        [0x00, 0x01, 0x02, 0x10, 0x80, 0x81, 0x84, 0x87, 0x8E, 0x93, 0x97, 0x99, 0x9B, 0x9E, 0xA2, 0xFF];

    private readonly SeededChance _chance = SeededChance.Printed();
    private readonly List<MqttPublishResult> _results = [];

    [Test]
    public async Task WhateverABrokerSends_TheClientLivesOn_AndIsSoundAtAnHonestOne(
        [Values(MqttProtocol.V5, MqttProtocol.V311)] MqttProtocol protocol)
    {
        using var broker = new ScriptedBroker();
        await using var client = new TestClient(TestClient.Options(broker.Port) with
        {
            Protocol = protocol, FirstRetry = TimeSpan.FromMilliseconds(1), MostRetry = TimeSpan.FromMilliseconds(2),
            RefusedRetry = TimeSpan.FromMilliseconds(2), MaximumPacketBytes = 4096, MaxInFlight = 8,
        });
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscribing = client.Mqtt.SubscribeAsync("a/+", MqttQos.AtLeastOnce, (message, _) =>
        {
            if (message.Topic == "a/honest") received.TrySetResult();
            return ValueTask.CompletedTask;
        });
        using var enough = new CancellationTokenSource();
        var publishing = PublishAsync(client, enough.Token);
        for (var i = 0; i < Connections; i++)
        {
            var (end, _) = await broker.AcceptAsync();
            using (end) await LieAsync(end);
        }
        await enough.CancelAsync();

        using var honest = await HonestAsync(broker);
        await Patience.ForAsync(publishing);
        var subscription = await Patience.ForAsync(subscribing);
        await Patience.UntilAsync(() => subscription.IsGranted, () => subscription.Text);
        await honest.SendAsync(new PublishPacket { Topic = "a/honest", Qos = 1, Id = 1 });
        await Patience.ForAsync(received.Task);
        Assert.Multiple(() =>
        {
            Assert.That(client.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Connected));
            Assert.That(client.Mqtt.InFlight, Is.Zero, "what was published is not forgotten");
            Assert.That(_results, Is.Not.Empty);
            Assert.That(
                client.Logs.Lines.Where(l => l.Event.Id is 5008 or 5009).Select(l => l.Text), Is.Empty,
                "a fault in this program");
        });
    }

    // Publishes until it is told to stop, and then waits for the last answer.
    private async Task PublishAsync(TestClient client, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
            _results.Add(await client.Mqtt.PublishAsync(
                new MqttMessage { Topic = "p", Payload = new byte[20], Qos = MqttQos.AtLeastOnce },
                CancellationToken.None));
    }

    private async Task LieAsync(BrokerEnd end)
    {
        try
        {
            if (_chance.NextDouble() < 0.1) return;
            await end.SendAsync(_chance.NextDouble() < 0.2 ? Mutated(Welcome(end.Version)) : Welcome(end.Version));
            for (var packets = _chance.NextDouble() * 12; packets > 0; packets--)
            {
                var bytes = Some(end.Version);
                if (_chance.NextDouble() < 0.15) bytes = Mutated(bytes);
                // in the middle of a packet
                if (_chance.NextDouble() < 0.1) bytes = bytes[..Draw(bytes.Length)];
                await end.SendAsync(bytes);
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // the client has had enough of it
        }
    }

    private byte[] Welcome(MqttVersion version)
    {
        var properties = new Properties();
        Maybe(PropertyId.ReceiveMaximum, 1);
        Maybe(PropertyId.ServerKeepAlive, 0);
        Maybe(PropertyId.MaximumPacketSize, (uint)Draw(60) + 1);
        Maybe(PropertyId.MaximumQos, 0);
        Maybe(PropertyId.RetainAvailable, 0);
        Maybe(PropertyId.SubscriptionIdsAvailable, 0);
        Maybe(PropertyId.SessionExpiry, 77);
        if (_chance.NextDouble() < 0.2) properties.With(PropertyId.AssignedClientId, "somebody-else");
        if (_chance.NextDouble() < 0.2) properties.With(PropertyId.ReasonText, "\u0007 because\n");
        return Bytes(version, new ConnAckPacket
        {
            SessionPresent = _chance.NextDouble() < 0.1, Properties = properties,
            Reason = _chance.NextDouble() < 0.2 ? (MqttReason)Codes[Draw(Codes.Length)] : MqttReason.Success,
        });

        void Maybe(PropertyId id, uint number)
        {
            if (_chance.NextDouble() < 0.2) properties.With(id, number);
        }
    }

    private byte[] Some(MqttVersion version)
    {
        var (id, reason) = ((ushort)(Draw(14) + 1), (MqttReason)Codes[Draw(Codes.Length)]);
        switch (Draw(9))
        {
            case 0: return Bytes(version, new PubAckPacket { Id = id, Reason = reason });
            case 1: return Bytes(version, new SubAckPacket(PacketType.SubAck) { Id = id, Reasons = [reason] });
            case 2: return Bytes(version, new SubAckPacket(PacketType.UnsubAck) { Id = id, Reasons = [reason] });
            case 3: return Bytes(version, new DisconnectPacket { Reason = reason });
            case 4: return Bytes(version, new ConnAckPacket { Reason = reason });
            case 5: return Bytes(version, PingPacket.Response);
            case 6:
                var rubbish = new byte[Draw(40) + 1];
                _chance.Fill(rubbish);
                return rubbish;
            default:
                return Bytes(version, new PublishPacket
                {
                    Topic = Draw(2) == 0 ? "a/x" : "$SYS/nobody/asked", Payload = new byte[Draw(5_000)],
                    Qos = (byte)Draw(2), Id = id, Retain = Draw(2) == 0,
                    Properties = new Properties().With(PropertyId.SubscriptionId, (uint)Draw(3) + 1),
                });
        }
    }

    private byte[] Mutated(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        copy[Draw(copy.Length)] ^= (byte)(1 << Draw(8));
        return copy;
    }

    private int Draw(int below) => (int)(_chance.NextDouble() * below);

    private static byte[] Bytes(MqttVersion version, Packet packet)
    {
        using var buffer = new PacketBuffer();
        PacketEncoder.Write(buffer, packet, version);
        return buffer.Written.ToArray();
    }

    // Answers everything from now on.
    private static async Task<BrokerEnd> HonestAsync(ScriptedBroker broker)
    {
        var end = await broker.TakeAsync();
        _ = AnswerAsync(end);
        return end;
    }

    private static async Task AnswerAsync(BrokerEnd end)
    {
        while (await end.ReadAsync() is { } packet)
            switch (packet)
            {
                case PublishPacket { Qos: 1 } publish:
                    await end.SendAsync(new PubAckPacket { Id = publish.Id });
                    break;
                case SubscribePacket subscribe:
                    await end.SendAsync(new SubAckPacket(PacketType.SubAck) { Id = subscribe.Id, Reasons = [default] });
                    break;
            }
    }
}
