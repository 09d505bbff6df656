using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Requests;
using PluginNode.Transports;

namespace PluginNode.Mqtt;

/// <summary>Moves frames and requests between peers that meet at a broker, for addresses <c>mqtt:</c> and a peer's name
/// or id. Without a broker in the settings it moves nothing.</summary>
/// <param name="options">The settings.</param>
/// <param name="folder">What relative paths in them are relative to.</param>
/// <param name="node">The node.</param>
/// <param name="ledger">The node's ledger; null: nobody is asked for events, and nobody answered.</param>
public sealed class MqttTransport(MqttOptions options, string folder, MqttNode node, LedgerParts? ledger = null)
    : ITransport, IPeerEvents, IRequestTransport
{
    private const string Stopped = "the transport is stopped";

    private volatile BrokerSession? _session;
    private Action<PeerId, bool>? _changed;

    /// <inheritdoc/>
    public string Scheme => "mqtt";

    /// <inheritdoc/>
    public int MaxFrameBytes => options.MaxPacketBytes - Wire.MqttWire.Overhead;

    /// <inheritdoc/>
    public RequestBounds Bounds => RequestSender.BoundsOf(options);

    /// <summary>Where peers reach this node, whatever they call it: <c>mqtt:</c> and its id.</summary>
    public string OwnAddress => $"{Scheme}:{node.Signer.Self}";

    /// <summary>Asks others for events; null while it does not run.</summary>
    internal Ledger.ILedgerCalls? LedgerCalls => _session?.LedgerCalls;

    /// <inheritdoc/>
    public void OnPeerChanged(Action<PeerId, bool> changed) => _changed = changed;

    /// <inheritdoc/>
    public async Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        if (options.Broker.Length == 0)
        {
            LogMessages.NoBroker(node.Loggers.CreateLogger<MqttTransport>());
            return;
        }
        var session = new BrokerSession(options, BrokerAccess.Read(options, folder), node, host, _changed, ledger);
        try
        {
            await session.StartAsync(cancellation);
        }
        catch
        {
            await session.StopAsync(new CancellationToken(canceled: true));
            throw;
        }
        _session = session;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var problem = ProblemOf(address, peer);
        if (problem is null && _session is { } session) return session.SendAsync(peer, frames, cancellation);
        return Task.FromResult<IReadOnlyList<SendOutcome>>(FrameSender.Failed(frames, problem ?? Stopped));
    }

    /// <inheritdoc/>
    public Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation)
    {
        var problem = ProblemOf(address, peer);
        if (problem is null && _session is { } session) return session.RequestAsync(peer, request, cancellation);
        return Task.FromResult(RequestOutcome.None(RequestStatus.Failed, problem ?? Stopped));
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellation) =>
        Interlocked.Exchange(ref _session, null)?.StopAsync(cancellation) ?? Task.CompletedTask;

    private string? ProblemOf(PeerAddress address, PeerId peer) =>
        options.Broker.Length == 0 ? "no broker is set: plugins.settings.mqtt.broker"
        : IsOf(address.Text[(address.Text.IndexOf(':', StringComparison.Ordinal) + 1)..], peer) ? null
        : "the address is not mqtt: and this peer's name or id";

    private bool IsOf(string nameOrId, PeerId peer) =>
        PeerId.TryParse(nameOrId, out var id) ? id == peer : node.Peers.Find(nameOrId)?.Id == peer;
}
