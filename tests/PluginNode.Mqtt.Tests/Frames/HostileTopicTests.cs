using System.Net;
using System.Net.Sockets;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Mqtt.Packets;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>Somebody else writes to the topics of two nodes: a broker's other client, which sees all and may write
/// anywhere.</summary>
[TestFixture]
internal sealed class HostileTopicTests
{
    private readonly PeerId _another = SomePeers.New(new SeededChance(1));
    private Mosquitto _broker = null!;
    private BrokerNode _alice = null!;
    private BrokerNode _bob = null!;
    private TestClient _mallory = null!;

    [SetUp]
    public async Task SetUp()
    {
        _broker = await Mosquitto.StartAsync("allow_anonymous true");
        (_alice, _bob) = await BrokerNode.PairAsync(BrokerNode.OptionsFor(_broker.Port) with { SendTimeout = "2s" });
        _mallory = await TestClient.ConnectedAsync(TestClient.Options(_broker.Port, "mallory"));
    }

    [TearDown]
    public async Task TearDown()
    {
        await _mallory.DisposeAsync();
        await _alice.DisposeAsync();
        await _bob.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task ARequestThatIsReplayed_IsNotTakenAgain_AndNotAnswered()
    {
        var requests = await _mallory.ListenAsync(Topics.FramesOf(_bob.Id));
        var answers = await _mallory.ListenAsync(Topics.OutcomesOf(_alice.Id));
        await DeliversAsync();
        var request = await Patience.ForAsync(requests.ReadAsync());
        await Patience.ForAsync(answers.ReadAsync());
        await _mallory.Mqtt.PublishAsync(Copy(request, Topics.FramesOf(_bob.Id)));
        await DeliversAsync(); // behind the replay
        var answer = await Patience.ForAsync(answers.ReadAsync());
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(2));
        Assert.That(Read(await Patience.ForAsync(requests.ReadAsync())), Is.EqualTo(Read(request)));
        Assert.That(FrameAnswer.TryRead(answer.Payload.Span, out var told), Is.True);
        Assert.That(told.Nonce, Is.EqualTo(Read(await Patience.ForAsync(requests.ReadAsync())).Nonce));
    }

    [Test]
    public async Task WhatABrokerPassesOn_EndsNoConnection(
        [Values("names", "response topic", "none", "format")] string what)
    {
        // what no client of our own would publish
        var properties = new Properties();
        if (what == "format") properties.With(PropertyId.PayloadFormat, 2);
        else if (what != "names") properties.With(PropertyId.ResponseTopic, what == "none" ? "" : "a/#");
        else for (var i = 0; i < 1_000; i++) properties.With(new Property(PropertyId.UserProperty, Text: "a"));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Patience.ForAsync(socket.ConnectAsync(IPAddress.Loopback, _broker.Port));
        using var raw = new BrokerEnd(socket);
        await raw.SendAsync(new ConnectPacket { Version = MqttVersion.V5, ClientId = "raw", CleanStart = true });
        await raw.ReadAsync<ConnAckPacket>();
        foreach (var topic in (string[])[Topics.PresenceOf(_another), Topics.FramesOf(_bob.Id)])
        {
            await raw.SendAsync(new PublishPacket { Topic = topic, Qos = 1, Id = 1, Properties = properties });
            await raw.ReadAsync<PubAckPacket>();
        }
        await DeliversAsync(); // behind it
        foreach (var node in (BrokerNode[])[_alice, _bob])
            Assert.That(node.Logs.Lines.Where(l => l.Event.Id == 5001).Select(l => l.Text), Is.Empty);
    }

    [Test]
    public async Task ARequestThatIsRetained_ForAnotherNode_OrChanged_IsNotTaken(
        [Values("retained", "for another", "frame", "nonce", "cut", "empty")] string how)
    {
        // made by alice's key, and never sent; of the future, so that it is fresh to a node that starts later
        var request = new FrameRequest(
            _alice.Id, how == "for another" ? _another : _bob.Id, 7, Now + 20_000, Now)
            .Write(SomeFrames.Of(1, 100), 0, 1, _alice.Node.Signer);
        switch (how)
        {
            case "frame": request[^1] ^= 1; break;
            case "nonce": request[70] ^= 1; break;
            case "cut": request = request[..^1]; break;
            case "empty": request = []; break;
        }
        await _mallory.Mqtt.PublishAsync(new MqttMessage
        {
            Topic = Topics.FramesOf(_bob.Id), Payload = request, Qos = MqttQos.AtLeastOnce, Retain = how == "retained",
        });
        if (how == "retained")
        {
            // a live one is passed on without the flag: it must come to a new subscription
            await _bob.Host.HasAsync(1).WaitAsync(Patience.Limit);
            await using var again = new BrokerNode(BrokerNode.OptionsFor(_broker.Port), id: _bob.Id);
            await _bob.StopAsync();
            again.Peers.Add(_alice.Id);
            await again.StartAsync();
            await _alice.Changes.HasAsync(c => c == (_bob.Id, true), times: 2);
            await _alice.SendAsync(again, SomeFrames.Of(1, 10));
            Assert.That(again.Host.Frames, Has.Count.EqualTo(1));
            return;
        }
        await DeliversAsync(); // behind it
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ASenderWhoIsUnknown_IsNotAnswered()
    {
        var stranger = SomePeers.New(SeededChance.Printed());
        var answers = await _mallory.ListenAsync(Topics.OutcomesOf(stranger));
        var request = new FrameRequest(stranger, _bob.Id, 7, Now, Now)
            .Write(SomeFrames.Of(1, 100), 0, 1, new MemorySigner(stranger));
        await _mallory.Mqtt.PublishAsync(new MqttMessage
        {
            Topic = Topics.FramesOf(_bob.Id), Payload = request, Qos = MqttQos.AtLeastOnce,
        });
        await DeliversAsync(); // behind it
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(1));
        Assert.That(answers.TryRead(out _), Is.False);
        Assert.That(_bob.Logs.Lines.Select(l => l.Event.Id), Has.Exactly(1).EqualTo(5022));
    }

    [Test]
    public async Task AnAnswerOfAnother_OrToAnotherRequest_IsNotBelieved(
        [Values("another signs", "another nonce", "an outcome changed", "garbage")] string how)
    {
        // bob never answers by himself
        var frames = SomeFrames.Of(1, 100);
        await _bob.StopAsync();
        await _alice.Changes.HasAsync(c => c == (_bob.Id, false)); // which ends what is under way
        var requests = await _mallory.ListenAsync(Topics.FramesOf(_bob.Id));
        var sending = _alice.SendAsync(_bob, frames);
        var request = Read(await Patience.ForAsync(requests.ReadAsync()));
        var body = Outcomes.Write([new SendOutcome(frames[0].Id, SendStatus.Refused, "no")]);
        var honest = new FrameAnswer(_bob.Id, _alice.Id, request.Nonce, Now, AnswerKind.Outcomes);
        var payload = how switch
        {
            "another signs" => honest.Write(body, new MemorySigner(_another)),
            "another nonce" => (honest with { Nonce = request.Nonce + 1 }).Write(body, _bob.Node.Signer),
            "an outcome changed" => honest.Write(body, _bob.Node.Signer),
            _ => [1, 2, 3],
        };
        if (how == "an outcome changed") payload[^10] ^= 1;
        await AnswerAsync(payload);
        Assert.That((await sending)[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(_alice.Host.HeardOf(_bob.Id), Is.False);
    }

    [Test]
    public async Task AnAnswerThatThePeerSignedForThisRequest_IsBelieved_WhateverCameBefore()
    {
        var frames = SomeFrames.Of(1, 100);
        await _bob.StopAsync();
        await _alice.Changes.HasAsync(c => c == (_bob.Id, false)); // which ends what is under way
        var requests = await _mallory.ListenAsync(Topics.FramesOf(_bob.Id));
        var sending = _alice.SendAsync(_bob, frames);
        var request = Read(await Patience.ForAsync(requests.ReadAsync()));
        var answer = new FrameAnswer(_bob.Id, _alice.Id, request.Nonce, Now, AnswerKind.Outcomes);
        var refusal = Outcomes.Write([new SendOutcome(frames[0].Id, SendStatus.Refused, "no")]);
        await AnswerAsync(answer.Write(refusal, new MemorySigner(_another)));
        await AnswerAsync(answer.Write(
            Outcomes.Write([new SendOutcome(frames[0].Id, SendStatus.Delivered)]), _bob.Node.Signer));
        Assert.That((await sending)[0].Status, Is.EqualTo(SendStatus.Delivered));
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static MqttMessage Copy(MqttMessage message, string topic) =>
        new() { Topic = topic, Payload = message.Payload, Qos = MqttQos.AtLeastOnce };

    private static FrameRequest Read(MqttMessage message)
    {
        Assert.That(FrameRequest.TryRead(message.Payload.Span, out var request), Is.True);
        return request;
    }

    private async Task DeliversAsync()
    {
        var outcomes = await _alice.SendAsync(_bob, SomeFrames.Of(1, 10));
        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
    }

    private async Task AnswerAsync(byte[] payload) => await Patience.ForAsync(_mallory.Mqtt.PublishAsync(new MqttMessage
    {
        Topic = Topics.OutcomesOf(_alice.Id), Payload = payload, Qos = MqttQos.AtLeastOnce,
    }));
}
