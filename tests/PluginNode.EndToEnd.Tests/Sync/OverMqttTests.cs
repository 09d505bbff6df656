using System.Text.Json.Nodes;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>Over a broker, which is all that they share.</summary>
[TestFixture("5.0")]
[TestFixture("3.1.1")]
public sealed class OverMqttTests(string protocol) : OverAnotherTransport
{
    private Mosquitto _broker = null!;

    [SetUp]
    public async Task StartBrokerAsync() => _broker = await Mosquitto.StartAsync("allow_anonymous true");

    [TearDown]
    public async Task StopBrokerAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    private protected override void SetUp(NodeProcess node)
    {
        var settings = node.Configuration["plugins"]!["settings"]!;
        settings["libp2p"] = new JsonObject { ["listen"] = new JsonArray() };
        settings["mqtt"] = new JsonObject
        {
            ["broker"] = $"mqtt://127.0.0.1:{_broker.Port}", ["protocol"] = protocol,
            ["presence"] = false, // events are counted here
        };
    }

    private protected override string AddressOf(NodeProcess node) => $"mqtt:{node.Name}";
}
