namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>Over libp2p.</summary>
[TestFixture]
public sealed class OverLibp2pTests : OverAnotherTransport
{
    private protected override void SetUp(NodeProcess node)
    {
        // it listens as it is
    }

    private protected override string AddressOf(NodeProcess node) => node.Libp2pAddress;
}
