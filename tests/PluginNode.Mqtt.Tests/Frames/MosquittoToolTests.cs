using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>What a node says and takes, by mosquitto's own clients.</summary>
[TestFixture("5.0")]
[TestFixture("3.1.1")]
internal sealed class MosquittoToolTests(string protocol)
{
    private Mosquitto _broker = null!;
    private BrokerNode _alice = null!;
    private BrokerNode _bob = null!;

    [SetUp]
    public async Task SetUp()
    {
        _broker = await Mosquitto.StartAsync("allow_anonymous true");
        (_alice, _bob) = await BrokerNode.PairAsync(BrokerNode.OptionsFor(_broker.Port) with { Protocol = protocol });
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_alice is not null) await _alice.DisposeAsync();
        if (_bob is not null) await _bob.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Test]
    public async Task MosquittoSub_ShowsWhoIsThere()
    {
        var lines = (await Tool.RunAsync(
            "mosquitto_sub", [.. Arguments, "-v", "-t", "pluginnode/+/presence", "-C", "2", "-W", "60"])).TrimEnd();
        foreach (var node in (BrokerNode[])[_alice, _bob])
            Assert.That(lines.Split('\n'), Has.Exactly(1).Matches<string>(l =>
                l.StartsWith($"{Topics.PresenceOf(node.Id)} up ", StringComparison.Ordinal)
                && l.Split(' ') is [_, _, { Length: 32 }, "1", "17825792", { Length: 88 }]));
    }

    [Test]
    public async Task MosquittoPub_DeliversASignedRequest_AndMosquittoSub_ReadsItsAnswer()
    {
        var frames = SomeFrames.Of(2, 100);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var payload = new FrameRequest(_alice.Id, _bob.Id, 77, now, now).Write(frames, 0, 2, _alice.Node.Signer);
        using var sub = await ListenAsync(Topics.OutcomesOf(_alice.Id));
        var file = Path.Combine(_broker.Folder, "request");
        await File.WriteAllBytesAsync(file, payload);
        await Tool.RunAsync("mosquitto_pub", [.. Arguments, "-t", Topics.FramesOf(_bob.Id), "-q", "1", "-f", file]);
        var told = await ReadAsync(sub);

        Assert.That(_bob.Host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
        Assert.That(FrameAnswer.TryRead(told, out var answer), Is.True);
        Assert.That((answer.From, answer.To, (int)answer.Nonce), Is.EqualTo((_bob.Id, _alice.Id, 77)));
        Assert.That(answer.IsSigned(_alice.Node.Signer, told), Is.True);
        var outcomes = Outcomes.Read(FrameAnswer.BodyOf(told).Span)!;
        Assert.That(frames.Select(f => outcomes[f.Id].Status), Is.All.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task MosquittoSub_ReadsWhatANodeAsks()
    {
        using var sub = await ListenAsync(Topics.RequestsOf(_bob.Id));
        var asked = new PeerRequest("/some/1", "what?"u8.ToArray(), 1_000);
        var outcome = await Patience.ForAsync(
            _alice.Transport.RequestAsync(_bob.Id, _bob.Address, asked, CancellationToken.None));
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.Answered), outcome.Reason);
        var payload = await ReadAsync(sub);
        Assert.That(FrameRequest.TryRead(payload, out var request), Is.True);
        Assert.That(request.IsSigned(_bob.Node.Signer, payload, FrameRequest.PeerUse), Is.True);
        var read = RequestBody.Read(payload.AsMemory(FrameRequest.HeadBytes))!.Value;
        Assert.That((read.Protocol, read.MostAnswerBytes), Is.EqualTo(("/some/1", 1_000)));
        Assert.That(read.Body.ToArray(), Is.EqualTo("what?"u8.ToArray()));
    }

    private string[] Arguments =>
        ["-h", "127.0.0.1", "-p", $"{_broker.Port}", "-V", protocol == "5.0" ? "5" : "311"];

    private async Task<System.Diagnostics.Process> ListenAsync(string topic)
    {
        var sub = Tool.Start(
            "mosquitto_sub",
            [.. Arguments, "-i", "listener", "-t", topic, "-q", "1", "-C", "1", "-W", "60", "-F", "%x"]);
        await _broker.LoggedAsync("Sending SUBACK to listener");
        return sub;
    }

    private static async Task<byte[]> ReadAsync(System.Diagnostics.Process sub)
    {
        var hex = await Patience.ForAsync(sub.StandardOutput.ReadToEndAsync());
        await sub.WaitForExitAsync();
        return Convert.FromHexString(hex.Trim());
    }
}
