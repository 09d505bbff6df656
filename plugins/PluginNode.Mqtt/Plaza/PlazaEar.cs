using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Wire;
using PluginNode.Storage;

namespace PluginNode.Mqtt.Plaza;

/// <summary>
/// Takes what others say of themselves in the nara network: signed events, which the node verifies and merges as all
/// others. Anybody can write there, so that the rate is bounded: of all whom this node does not know, and apart from
/// them of each whom it knows, and of those together; what is more is dropped, and comes by sync. A verified word that
/// is new is a hint that a peer of the list came or went. Handlers of two subscriptions call it.
/// </summary>
/// <param name="node">Whose peers.</param>
/// <param name="parts">Where events go.</param>
/// <param name="changed">Is told of a peer, and whether it is up.</param>
internal sealed class PlazaEar(MqttNode node, PlazaParts parts, Action<PeerId, bool> changed)
{
    /// <summary>Most bytes of a presence event: names of 256 bytes with every character escaped, and room to
    /// spare.</summary>
    public const int MostBytes = 8 << 10;

    /// <summary>What the node counts rejected events under.</summary>
    public const string Source = "mqtt nara/plaza";

    private readonly SenderLimits<string> _each = new(1 / 60.0, 5, node.Time);
    private readonly SenderLimits<bool> _known = new(2, 200, node.Time);
    private readonly SenderLimits<bool> _strangers = new(0.2, 100, node.Time);
    private readonly RareLog<bool> _told = new(node.Time);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>Takes a word; whatever is wrong with it is passed over. The handler of the subscription waits for
    /// it.</summary>
    public async ValueTask TakeAsync(MqttMessage message, CancellationToken cancellation)
    {
        if (message.Retain || message.Payload.Length > MostBytes
            || PresenceClaim.Read(message.Payload.Span) is not { } claim) return;
        var peer = node.Peers.Find(claim.Emitter);
        var isKnown = peer is not null || parts.Keys?.Find(claim.Emitter) is not null;
        // whoever makes up names, or uses one too often, takes nothing from the others
        if (isKnown ? !_each.TryTake(claim.Emitter) || !_known.TryTake(true) : !_strangers.TryTake(true))
        {
            if (_told.May(true)) LogMessages.PlazaTooLoud(_logger);
            return;
        }
        try
        {
            var report = await parts.Ledger.MergeAsync(Source, [message.Payload], cancellation);
            if (report.Merged > 0 && peer is not null && peer.Id != node.Signer.Self) changed(peer.Id, claim.IsUp);
        }
        catch (StoreException e)
        {
            if (_told.May(false)) LogMessages.PlazaNotTaken(_logger, e.Message);
        }
    }
}
