using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>
/// What mosquitto_sub saw of two naras (github.com/eljojo/nara) and a third one that recovers, over a real broker
/// again: a node in the place of one of the two hears what the others said, and answers as that one did. It runs by a
/// clock that begins a minute after the last of it was said.
/// </summary>
[TestFixture]
internal sealed class CaptureTests
{
    private const string Writer = "writer"; // has signed the social events in this test

    private static readonly List<(string Topic, byte[] Payload)> Lines = [.. File
        .ReadLines(Path.Combine(AppContext.BaseDirectory, "vectors", "mqtt-capture.tsv")).Where(l => l.Length > 0)
        .Select(l => l.Split('\t', 4)).Select(l => (l[0], Encoding.UTF8.GetBytes(l[3])))];

    private Mosquitto _broker = null!;
    private TestClient _others = null!;

    [SetUp]
    public async Task SetUp()
    {
        _broker = await Mosquitto.StartAsync("allow_anonymous true");
        _others = await TestClient.ConnectedAsync(TestClient.Options(_broker.Port, "others"));
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_others is not null) await _others.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [TestCase("em-000", false), TestCase("星-005", true)]
    public async Task ANodeInThePlaceOfOneOfThem_LearnsTheOthers_AndAnswersByteForByte(string name, bool holdsEvents)
    {
        var rec = new Peer("rec", KeyOf("rec"), []);
        var writer = new Peer(Writer, KernelNode.IdentityOf(9).Self, []);
        await using var node = await KernelNode.StartAsync(
            _broker.Port, name, 1,
            new KernelNodeOptions
            {
                Time = new OffsetTime(End - DateTimeOffset.UtcNow), Announces = false,
                Before = node => holdsEvents ? HoldAsync(node) : Task.CompletedTask,
            },
            rec, writer);
        var responses = await _others.ListenAsync(NaraTopics.ResponseTo("rec"));
        foreach (var (topic, payload) in Lines.Where(l => !IsOf(l, name)))
            await _others.Mqtt.PublishAsync(new MqttMessage { Topic = topic, Payload = payload });

        var others = ((string[])["em-000", "星-005", "rec"]).Except([name]).ToList();
        foreach (var other in others) await node.HoldsAsync(other, isUp: true);
        var hellos = Lines.Where(l => l.Topic == NaraTopics.HeyThere)
            .ToDictionary(l => EmitterOf(l.Payload), l => Encoding.UTF8.GetString(l.Payload));
        foreach (var held in node.Kernel.Ledger.Read(new LedgerQuery { Services = ["hey-there"] }).Events)
            Assert.That(TextOf(node, held), Is.EqualTo(hellos[held.Emitter]), "as it was said");
        // rec is in the peer list; the other one's key is learned from what it said
        var stranger = others.Single(o => o != "rec");
        Assert.That(node.Kernel.EventKeys.Names(), Is.EqualTo(new[] { stranger }));
        Assert.That(node.Kernel.EventKeys.Find(stranger), Is.EqualTo(KeyOf(stranger)));
        Assert.That(node.Changes.All, Is.EqualTo(new[] { (rec.Id, true) }));

        var captured = Lines.Where(l => l.Topic == NaraTopics.ResponseTo("rec"))
            .Select(l => Encoding.UTF8.GetString(l.Payload)).ToDictionary(From);
        var told = new List<string>();
        while (told.Count < 2)
            told.Add(Encoding.UTF8.GetString((await Patience.ForAsync(responses.ReadAsync())).Payload.Span));
        Assert.That(told.Select(From), Is.EquivalentTo(captured.Keys), "one was replayed, the other one is the node's");
        Assert.That(told.ToDictionary(From)[name], Is.EqualTo(captured[name]));
    }

    private static DateTimeOffset End => DateTimeOffset.UnixEpoch.AddTicks(
        Lines.Where(l => l.Topic == NaraTopics.HeyThere).Max(l => (long)JsonNode.Parse(l.Payload)!["ts"]!) / 100)
        .AddMinutes(1);

    private static string EmitterOf(byte[] hello) => PresenceClaim.Read(hello)!.Emitter;

    private static string From(string json) => (string)JsonNode.Parse(json)!["From"]!;

    private static PeerId KeyOf(string name)
    {
        var hello = Lines.First(l => l.Topic == NaraTopics.HeyThere && EmitterOf(l.Payload) == name);
        return PeerId.FromPublicKey(Convert.FromBase64String(
            (string)JsonNode.Parse(hello.Payload)!["hey_there"]!["PublicKey"]!));
    }

    // what the node in that place says itself
    private static bool IsOf((string Topic, byte[] Payload) line, string name) =>
        line.Topic == NaraTopics.HeyThere ? EmitterOf(line.Payload) == name
        : !line.Topic.EndsWith("/request", StringComparison.Ordinal)
            && From(Encoding.UTF8.GetString(line.Payload)) == name;

    // the events of the captured answer, which came without their signatures: signed by somebody, at their times
    private static async Task HoldAsync(KernelNode node)
    {
        var answer = Lines.Single(l => l.Topic == NaraTopics.ResponseTo("rec")
            && From(Encoding.UTF8.GetString(l.Payload)) == node.Name);
        var events = new List<Event>();
        foreach (var social in NaraLedgerResponse.Read(answer.Payload)!.Events)
        {
            var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddTicks(social.Timestamp / 100));
            var data = JsonNode.Parse(social.ToUnsignedEvent())!["social"]!.ToJsonString();
            var made = new EventMaker(KernelNode.IdentityOf(9), Writer, node.Kinds, clock)
                .Make("social", Encoding.UTF8.GetBytes(data));
            Assert.That(made.Event?.Id, Is.EqualTo(social.Id), made.Reason);
            events.Add(made.Event!);
        }
        var report = await node.Kernel.Intake.MergeAsync("capture", events, CancellationToken.None);
        Assert.That(report.Merged, Is.EqualTo(events.Count).And.EqualTo(22), report.ToString());
    }

    private static string TextOf(KernelNode node, Event e)
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        node.Write(e, json);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
