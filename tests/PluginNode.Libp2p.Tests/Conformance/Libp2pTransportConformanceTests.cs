using PluginNode.Conformance;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Conformance;

/// <summary>The laws of a transport, over real sockets and with real keys.</summary>
[TestFixture]
public sealed class Libp2pTransportConformanceTests : TransportConformance
{
    protected override TransportEnd Create()
    {
        var node = new TransportNode();
        return new TransportEnd(node.Transport, node.Id, () => node.Address, id => node.Peers.Add(id))
        {
            KnowToSendOnly = id => node.Peers.AddToSendOnly(id),
        };
    }
}
