using System.Buffers.Binary;
using System.Threading.Channels;
using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Requests;

/// <summary>Requests to named protocols where somebody else reads all topics and writes to any; and their limits. Alice
/// asks bob.</summary>
[TestFixture]
internal sealed class HostileRequestTests
{
    private readonly PeerId _another = SomePeers.New(new SeededChance(1));
    private Mosquitto _broker = null!;
    private BrokerNode _alice = null!;
    private BrokerNode _bob = null!;
    private TestClient _mallory = null!;
    private ChannelReader<MqttMessage> _questions = null!;
    private ChannelReader<MqttMessage> _answers = null!;

    [SetUp]
    public async Task SetUp()
    {
        _broker = await Mosquitto.StartAsync("allow_anonymous true", "max_packet_size 200000");
        (_alice, _bob) = await BrokerNode.PairAsync(BrokerNode.OptionsFor(_broker.Port) with
        {
            SendTimeout = "2s", MaxPacketBytes = 300_000,
        });
        _mallory = await TestClient.ConnectedAsync(TestClient.Options(_broker.Port, "mallory"));
        _questions = await _mallory.ListenAsync(Topics.RequestsOf(_bob.Id));
        _answers = await _mallory.ListenAsync(Topics.AnswersOf(_alice.Id));
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_mallory is not null) await _mallory.DisposeAsync();
        if (_alice is not null) await _alice.DisposeAsync();
        if (_bob is not null) await _bob.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Test]
    public async Task WithMqtt5_ARequestNamesItsResponseTopic_AndTheAnswerGivesTheCorrelationBack()
    {
        await AnswersAsync();
        var question = await Patience.ForAsync(_questions.ReadAsync());
        var answer = await Patience.ForAsync(_answers.ReadAsync());
        Assert.That(FrameRequest.TryRead(question.Payload.Span, out var request), Is.True);
        Assert.That(question.ResponseTopic, Is.EqualTo(Topics.AnswersOf(_alice.Id)));
        Assert.That(BinaryPrimitives.ReadUInt128BigEndian(question.CorrelationData!.Value.Span),
            Is.EqualTo(request.Nonce));
        Assert.That(answer.CorrelationData!.Value.ToArray(), Is.EqualTo(question.CorrelationData.Value.ToArray()));
        Assert.That(question.Expiry, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public async Task AResponseTopicThatSomebodyElseSet_IsNotAnsweredTo()
    {
        var third = await _mallory.ListenAsync("third/party");
        await PostAsync(Question(_alice, 7), m => m with
        {
            ResponseTopic = "third/party", CorrelationData = "made up"u8.ToArray(),
        });
        var answer = await Patience.ForAsync(_answers.ReadAsync());
        Assert.That(FrameAnswer.TryRead(answer.Payload.Span, out var told), Is.True);
        Assert.That(((ulong)told.Nonce, told.To), Is.EqualTo((7UL, _alice.Id)));
        Assert.That(answer.CorrelationData!.Value.ToArray()[^1], Is.EqualTo(7));
        await AnswersAsync(); // behind it
        Assert.That(third.TryRead(out _), Is.False);
    }

    [Test]
    public async Task ARequestThatIsReplayed_IsNotAnsweredAgain()
    {
        await AnswersAsync();
        await Patience.ForAsync(_answers.ReadAsync());
        var question = await Patience.ForAsync(_questions.ReadAsync());
        await PostAsync(question.Payload.ToArray());
        await AnswersAsync(); // behind it
        await Patience.ForAsync(_answers.ReadAsync());
        Assert.That(_answers.TryRead(out _), Is.False);
        Assert.That(_bob.Host.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task WhatAliceDidNotSignAsARequest_IsPassedOver(
        [Values("stranger", "another's name", "for frames", "changed", "for another", "cut", "retained")] string how)
    {
        var stranger = new BrokerNode(BrokerNode.OptionsFor(_broker.Port), id: _another);
        var payload = how switch
        {
            "stranger" => Question(stranger, 7),
            "another's name" => Question(_alice, 7, signer: new MemorySigner(_another)),
            "for frames" => Question(_alice, 7, use: FrameRequest.Use),
            "for another" => Question(_alice, 7, to: _another),
            _ => Question(_alice, 7),
        };
        if (how == "changed") payload[^1] ^= 1;
        if (how == "cut") payload = payload[..^1];
        // a retained one comes without the flag to who is there, and with it to who comes later
        if (how == "retained") await _bob.StopAsync();
        await PostAsync(payload, m => m with { Retain = how == "retained" });
        await using var again =
            how == "retained" ? new BrokerNode(BrokerNode.OptionsFor(_broker.Port), id: _bob.Id) : null;
        if (again is not null)
        {
            again.Peers.Add(_alice.Id);
            await again.StartAsync();
            await _alice.Changes.HasAsync(c => c == (_bob.Id, true), times: 2); // which ends what is under way
        }
        await AnswersAsync(); // behind it
        Assert.That((again ?? _bob).Host.Requests, Has.Count.EqualTo(1));
        var answer = await Patience.ForAsync(_answers.ReadAsync());
        Assert.That(FrameAnswer.TryRead(answer.Payload.Span, out var told), Is.True);
        Assert.That((ulong)told.Nonce, Is.Not.EqualTo(7UL));
        await stranger.DisposeAsync();
    }

    [Test]
    public async Task AnAnswerThatBobDidNotSignForThisRequest_IsNotBelieved(
        [Values("another", "another nonce", "for frames", "changed", "garbage")] string how)
    {
        await _bob.StopAsync();
        await _alice.Changes.HasAsync(c => c == (_bob.Id, false)); // which ends what is under way
        var asking = AskAsync();
        var request = await NextQuestionAsync();
        var honest = new FrameAnswer(_bob.Id, _alice.Id, request.Nonce, Now, AnswerKind.Said);
        byte[] body = [1, 2, 3];
        var payload = how switch
        {
            "another" => honest.Write(body, new MemorySigner(_another), FrameAnswer.PeerUse),
            "another nonce" => (honest with { Nonce = request.Nonce + 1 }).Write(
                body, _bob.Node.Signer, FrameAnswer.PeerUse),
            "for frames" => honest.Write(body, _bob.Node.Signer),
            "changed" => honest.Write(body, _bob.Node.Signer, FrameAnswer.PeerUse),
            _ => [1, 2, 3],
        };
        if (how == "changed") payload[^1] ^= 1;
        await TellAsync(payload);
        Assert.That((await asking).Status, Is.EqualTo(RequestStatus.Failed));
        Assert.That(_alice.Host.HeardOf(_bob.Id), Is.False);
    }

    [Test]
    public async Task AnAnswerThatIsAnnouncedAndDoesNotCome_IsTooSlow()
    {
        await _bob.StopAsync();
        await _alice.Changes.HasAsync(c => c == (_bob.Id, false)); // which ends what is under way
        var asking = AskAsync(most: 20_000);
        var request = await NextQuestionAsync();
        var coming = new FrameAnswer(_bob.Id, _alice.Id, request.Nonce, Now, AnswerKind.Coming);
        for (var i = 0; i < 2; i++) // the second gives no more time
            await TellAsync(coming.Write([0x7f, 0, 0, 0, 0, 0, 0, 0], _bob.Node.Signer, FrameAnswer.PeerUse));
        Assert.That((await asking).Status, Is.EqualTo(RequestStatus.TooSlow));
    }

    [Test]
    public async Task ABodyThatIsNoRequest_IsRefused_AndTheHostIsNotAsked()
    {
        var now = Now;
        await PostAsync(new FrameRequest(_alice.Id, _bob.Id, 7, now, now)
            .Write([1, 2, 3], [], FrameRequest.PeerUse, _alice.Node.Signer));
        var answer = await Patience.ForAsync(_answers.ReadAsync());
        Assert.That(FrameAnswer.TryRead(answer.Payload.Span, out var told), Is.True);
        Assert.That(told.Kind, Is.EqualTo(AnswerKind.Said));
        var said = AnswerBody.Read(FrameAnswer.BodyOf(answer.Payload))!.Value;
        Assert.That(said.Status, Is.EqualTo(RequestStatus.Refused));
        Assert.That(_bob.Host.Requests, Is.Empty);
    }

    [Test]
    public async Task WhatTheBrokerDoesNotTake_IsTooLarge_EitherWay()
    {
        var outcome = await AskAsync(bytes: 250_000);
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(outcome.Reason, Does.Contain("the broker takes (200000)"));
        _bob.Host.Reply = _ => RequestOutcome.Answer(new byte[250_000]);
        outcome = await AskAsync();
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.TooLarge), outcome.Reason);
        Assert.That(_bob.Host.Requests.Single().Most, Is.LessThan(200_000));
        _bob.Host.Reply = _ => RequestOutcome.Answer(new byte[150_000]);
        Assert.That((await AskAsync()).Body.Length, Is.EqualTo(150_000));
    }

    [Test]
    public async Task MoreThanThereIsRoomFor_IsBusy_AndTheRestIsAnswered()
    {
        // the share of one peer is 16 MiB
        var go = Signal.New();
        _bob.Host.Before = _ => go.Task;
        var asking = Enumerable.Range(0, 120).Select(_ => AskAsync(bytes: 180_000)).ToList();
        var first = await await Task.WhenAny(asking);
        go.SetResult();
        Assert.That(first.Status, Is.EqualTo(RequestStatus.Busy), first.Reason);
        var outcomes = await Task.WhenAll(asking);
        Assert.That(outcomes.Select(o => o.Status), Is.All.AnyOf(RequestStatus.Busy, RequestStatus.Answered));
        Assert.That(_bob.Logs.Lines.Select(l => l.Event.Id), Has.Exactly(1).EqualTo(5028), "it is told once");
        Assert.That((await AskAsync()).Status, Is.EqualTo(RequestStatus.Answered), "there is room again");
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    // fresh also to a node that starts later
    private byte[] Question(
        BrokerNode from, UInt128 nonce, PeerId? to = null, ISigner? signer = null, string use = FrameRequest.PeerUse) =>
        new FrameRequest(from.Id, to ?? _bob.Id, nonce, Now + 20_000, Now).Write(
            RequestBody.Head(new PeerRequest("/some/1", default, 100)), [1, 2, 3], use, signer ?? from.Node.Signer);

    private async Task<FrameRequest> NextQuestionAsync()
    {
        var question = await Patience.ForAsync(_questions.ReadAsync());
        Assert.That(FrameRequest.TryRead(question.Payload.Span, out var request), Is.True);
        return request;
    }

    private async Task AnswersAsync()
    {
        var outcome = await AskAsync();
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.Answered), outcome.Reason);
    }

    private Task<RequestOutcome> AskAsync(int bytes = 10, int most = int.MaxValue) =>
        Patience.ForAsync(_alice.Transport.RequestAsync(
            _bob.Id, _bob.Address, new PeerRequest("/some/1", new byte[bytes], most), CancellationToken.None));

    private Task PostAsync(byte[] payload, Func<MqttMessage, MqttMessage>? change = null) =>
        PublishAsync(Topics.RequestsOf(_bob.Id), payload, change);

    private Task TellAsync(byte[] payload) => PublishAsync(Topics.AnswersOf(_alice.Id), payload);

    private async Task PublishAsync(string topic, byte[] payload, Func<MqttMessage, MqttMessage>? change = null)
    {
        var message = new MqttMessage { Topic = topic, Payload = payload, Qos = MqttQos.AtLeastOnce };
        var result = await Patience.ForAsync(_mallory.Mqtt.PublishAsync(change is null ? message : change(message)));
        Assert.That(result.IsTaken, Is.True, result.Text);
    }
}
