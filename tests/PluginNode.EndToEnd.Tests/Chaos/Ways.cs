using System.Text.Json.Nodes;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>What the nodes of a run reach each other by.</summary>
internal enum Over
{
    Mesh,
    Libp2p,
    Broker,
}

/// <summary>Wires the nodes of a run to each other, each wire one that can be spoilt.</summary>
/// <param name="over">By which transport.</param>
/// <param name="folder">For what it needs.</param>
/// <param name="seed">Of all that wires draw.</param>
internal sealed class Ways(Over over, string folder, int seed) : IAsyncDisposable
{
    private readonly Random _draw = new(seed);
    private readonly List<FaultyRelay> _wires = [];

    public IReadOnlyList<FaultyRelay> Wires => _wires;

    /// <summary>Null: there is none between them.</summary>
    public Mosquitto? Broker { get; private set; }

    /// <summary>Sets a node up, before it knows others. Waits are short, so that a lost connection is seen
    /// soon.</summary>
    public async Task SetUpAsync(NodeProcess node)
    {
        var settings = node.Configuration["plugins"]!["settings"]!;
        if (over != Over.Mesh) settings["mesh-http"] = new JsonObject { ["listen"] = "" };
        if (over != Over.Libp2p) settings["libp2p"] = new JsonObject { ["listen"] = new JsonArray() };
        switch (over)
        {
            case Over.Mesh:
                (settings["mesh-http"]!["sendTimeout"], settings["mesh-http"]!["connectTimeout"]) = ("3s", "1s");
                break;
            case Over.Libp2p:
                (settings["libp2p"]!["sendTimeout"], settings["libp2p"]!["dialTimeout"]) = ("3s", "1s");
                settings["libp2p"]!["handshakeTimeout"] = "3s";
                break;
            case Over.Broker:
                settings["mqtt"] = new JsonObject
                {
                    // With TLS: else nothing would tell that a byte was changed on the way to the broker.
                    ["broker"] = $"mqtts://localhost:{WireTo((await StartBrokerAsync()).Port).Port}",
                    ["caFile"] = Path.Combine(folder, "ca.pem"), ["keepAlive"] = "2s", ["connectTimeout"] = "2s",
                    ["sendTimeout"] = "3s",
                };
                break;
        }
    }

    public async Task IntroduceAsync(NodeProcess a, NodeProcess b)
    {
        var wires = over == Over.Broker
            ? [] : new[] { a, b }.ToDictionary(n => n, n => WireTo(over == Over.Mesh ? n.MeshPort : n.Libp2pPort));
        await NodeProcess.IntroduceAsync(a, b, node => over switch
        {
            Over.Mesh => [wires[node].MeshAddress],
            Over.Libp2p => [$"/ip4/127.0.0.1/tcp/{wires[node].Port}"],
            _ => [$"mqtt:{node.Name}"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var wire in _wires) wire.Dispose();
        if (Broker is not null) await Broker.DisposeAsync();
    }

    private FaultyRelay WireTo(int port)
    {
        _wires.Add(new FaultyRelay(port, _draw.Next()));
        return _wires[^1];
    }

    private async Task<Mosquitto> StartBrokerAsync()
    {
        if (Broker is not null) return Broker;
        Certificates.Write(folder, TimeSpan.FromDays(365)); // clocks jump
        return Broker = await Mosquitto.StartAsync(
            "allow_anonymous true", $"cafile {folder}/ca.pem", $"certfile {folder}/broker.pem",
            $"keyfile {folder}/broker.key");
    }
}
