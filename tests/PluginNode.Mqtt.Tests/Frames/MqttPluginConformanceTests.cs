using PluginNode.Conformance;
using PluginNode.Identity;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>The laws of a plugin, over a real mosquitto.</summary>
[TestFixture]
public sealed class MqttPluginConformanceTests : PluginConformance
{
    private Mosquitto _broker = null!;

    [OneTimeSetUp]
    public async Task StartBrokerAsync() => _broker = await Mosquitto.StartAsync("allow_anonymous true");

    [OneTimeTearDown]
    public async Task StopBrokerAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    protected override PluginCase Plugin => PluginCase.Of<MqttPlugin>() with
    {
        Settings = $$"""
            {
              "broker": "mqtt://127.0.0.1:{{_broker.Port}}", "protocol": "auto", "clientId": "tester",
              "keepAlive": "1m", "connectTimeout": "20s", "sendTimeout": "20s",
              "maxPacketBytes": 1048576, "maxQueuedBytes": 1048576, "presence": true
            }
            """,
        AddressOf = transport => PeerAddress.TryParse(
            (string)transport.GetType().GetProperty(nameof(MqttTransport.OwnAddress))!.GetValue(transport)!,
            out var address) ? address : throw new InvalidOperationException("It has no address."),
    };
}
