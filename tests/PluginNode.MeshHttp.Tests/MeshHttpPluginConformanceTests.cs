using PluginNode.Conformance;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests;

/// <summary>The laws of a plugin, over real sockets.</summary>
[TestFixture]
public sealed class MeshHttpPluginConformanceTests : PluginConformance
{
    protected override PluginCase Plugin { get; } = PluginCase.Of<MeshHttpPlugin>() with
    {
        Settings = SettingsWith("http://127.0.0.1:0"),
        AddressOf = transport => TestNode.Parse(
            (string)transport.GetType().GetProperty(nameof(MeshHttpTransport.BoundAddress))!.GetValue(transport)!),
        SettingsThatCollide = address => SettingsWith(address.Text["mesh+".Length..]),
    };

    private static string SettingsWith(string listen) =>
        $$"""
        {
          "listen": "{{listen}}", "name": "alice", "sendTimeout": "20s", "connectTimeout": "20s",
          "maxBatchBytes": 65536, "maxConnections": 9
        }
        """;
}
