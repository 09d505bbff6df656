using PluginNode.Conformance;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>The laws of a transport, over a real mosquitto, with both versions of the protocol.</summary>
[TestFixture("5.0")]
[TestFixture("3.1.1")]
public sealed class MqttConformanceTests(string protocol) : TransportConformance
{
    private Mosquitto _broker = null!;

    [OneTimeSetUp]
    public async Task StartBrokerAsync() => _broker = await Mosquitto.StartAsync("allow_anonymous true");

    [OneTimeTearDown]
    public async Task StopBrokerAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    protected override TransportEnd Create()
    {
        // with 3.1.1 only a time-out tells that nobody is there
        var options = BrokerNode.OptionsFor(_broker.Port) with { Protocol = protocol, SendTimeout = "2s" };
        var node = new BrokerNode(options);
        return new TransportEnd(node.Transport, node.Id, () => node.Address, id => node.Peers.Add(id))
        {
            KnowToSendOnly = id => node.Peers.AddToSendOnly(id),
        };
    }
}
