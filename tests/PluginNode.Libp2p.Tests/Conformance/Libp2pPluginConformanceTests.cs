using PluginNode.Conformance;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Conformance;

/// <summary>The laws of a plugin, over real sockets.</summary>
[TestFixture]
public sealed class Libp2pPluginConformanceTests : PluginConformance
{
    protected override PluginCase Plugin { get; } = PluginCase.Of<Libp2pPlugin>() with
    {
        Settings = SettingsWith("/ip4/127.0.0.1/tcp/0"),
        AddressOf = transport => TransportNode.Parse(((IReadOnlyList<string>)transport.GetType()
            .GetProperty(nameof(Libp2pTransport.BoundAddresses))!.GetValue(transport)!)[0]),
        SettingsThatCollide = address => SettingsWith(
            address.Text[..address.Text.IndexOf("/p2p/", StringComparison.Ordinal)]),
    };

    private static string SettingsWith(string listen) =>
        $$"""
        {
          "listen": ["{{listen}}"], "announce": ["/dns4/node.example/tcp/4001"], "maxBatchBytes": 65536,
          "maxConnections": 9, "maxConnectionsPerAddress": 8, "maxHandshakes": 7, "maxStreams": 60,
          "sendTimeout": "20s", "dialTimeout": "20s", "handshakeTimeout": "20s", "idleTimeout": "1h",
          "rawProtocols": ["/some/", "/other/1.0"], "maxRawBytes": 65536, "mdns": true,
          "maxRequestBytes": 65536, "maxAnswerBytes": 65536
        }
        """;
}
