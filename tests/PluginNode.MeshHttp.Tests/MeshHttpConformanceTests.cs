using PluginNode.Conformance;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests;

/// <summary>The laws of a transport, over real sockets.</summary>
[TestFixture]
public sealed class MeshHttpConformanceTests : TransportConformance
{
    private readonly KeyRing _ring = new();

    protected override TransportEnd Create()
    {
        var node = new TestNode(_ring);
        return new TransportEnd(node.Transport, node.Id, () => node.Address, node.Peers.Add)
        {
            KnowToSendOnly = node.Peers.AddToSendOnly,
        };
    }
}
