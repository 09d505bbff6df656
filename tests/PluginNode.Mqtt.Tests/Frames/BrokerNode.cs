using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>One end at a broker: a transport with everything around it.</summary>
internal sealed class BrokerNode : IAsyncDisposable
{
    public BrokerNode(MqttOptions options, TimeProvider? time = null, string? folder = null, PeerId? id = null,
        LedgerParts? ledger = null, PlazaParts? plaza = null, SeededChance? chance = null)
    {
        chance ??= SeededChance.Printed();
        Id = id ?? SomePeers.New(chance);
        Node = new MqttNode(new MemorySigner(Id), Peers, time ?? TimeProvider.System, chance, Logs)
        {
            Plaza = plaza,
        };
        Transport = new MqttTransport(options, folder ?? Path.GetTempPath(), Node, ledger);
        Transport.OnPeerChanged((peer, up) => Changes.Add((peer, up)));
    }

    public PeerId Id { get; }

    public MqttNode Node { get; }

    public MqttTransport Transport { get; }

    public MemoryPeers Peers { get; } = new();

    public RecordingHost Host { get; } = new();

    public RecordingLogs Logs { get; } = new();

    /// <summary>What was told of peers.</summary>
    public Gathered<(PeerId Peer, bool Up)> Changes { get; } = new();

    public PeerAddress Address => PeerAddress.TryParse(Transport.OwnAddress, out var address)
        ? address : throw new InvalidOperationException("It has no address.");

    public static MqttOptions OptionsFor(int port) => new() { Broker = $"mqtt://127.0.0.1:{port}" };

    /// <summary>Two that know each other.</summary>
    public static async Task<(BrokerNode A, BrokerNode B)> PairAsync(
        MqttOptions options, TimeProvider? timeOfA = null, TimeProvider? timeOfB = null)
    {
        var (a, b) = (new BrokerNode(options, timeOfA), new BrokerNode(options, timeOfB));
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        return (a, b);
    }

    public async Task<BrokerNode> StartAsync()
    {
        await Patience.ForAsync(Transport.StartAsync(Host, CancellationToken.None));
        return this;
    }

    public Task<IReadOnlyList<SendOutcome>> SendAsync(BrokerNode to, params Frame[] frames) =>
        Patience.ForAsync(Transport.SendAsync(to.Id, to.Address, frames, CancellationToken.None));

    public Task StopAsync() => Patience.ForAsync(Transport.StopAsync(CancellationToken.None));

    public async ValueTask DisposeAsync() =>
        await Patience.ForAsync(Transport.StopAsync(new CancellationToken(canceled: true)));
}
