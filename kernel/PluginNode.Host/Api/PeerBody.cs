using System.Text.Json.Serialization;
using PluginNode.Composition;
using PluginNode.Identity;
using PluginNode.Sync;

namespace PluginNode.Api;

/// <summary>A peer.</summary>
/// <param name="Name">Its local name.</param>
/// <param name="PeerId">Its peer id.</param>
/// <param name="PublicKey">Its Ed25519 public key in base64.</param>
/// <param name="Addresses">Where it may be reached, the preferred one first.</param>
/// <param name="Paused">Whether what waits for it is held.</param>
/// <param name="Configured">Whether the configuration file names it: then it is changed there.</param>
public sealed record PeerBody(
    string Name, string PeerId, string PublicKey, IReadOnlyList<string> Addresses, bool Paused, bool Configured)
{
    /// <summary>Whether it is only sent to: nothing that it sends is taken.</summary>
    public bool SendOnly { get; init; }

    /// <summary>What the ledger's events say about whether it is there; null where no plugin knows anything.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public PresenceBody? Presence { get; init; }

    /// <summary>How far away others measured it to be; null where nobody did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public PingBody? Ping { get; init; }

    internal static PeerBody Of(Peer peer, RunningNode node)
    {
        var known = node.Presence.Find(peer.Name);
        return new PeerBody(
            peer.Name, peer.Id.ToString(), Convert.ToBase64String(peer.Id.ToPublicKey()),
            peer.Addresses.Select(a => a.Text).ToList(), peer.Paused, node.Kernel.Peers.IsConfigured(peer.Name))
        {
            SendOnly = peer.SendOnly,
            Presence = known is null ? null : PresenceBody.Of(known),
            Ping = known?.PingMilliseconds is { } average ? new PingBody(average, known.Pings) : null,
        };
    }
}

/// <summary>What events say about whether somebody is there.</summary>
/// <param name="State"><c>up</c> or <c>down</c>, by its last word; <c>unknown</c>.</param>
/// <param name="LastSeen">When somebody last saw it, itself included, by that one's clock; null: never.</param>
/// <param name="Restarts">How often it was started again; null where nobody said.</param>
public sealed record PresenceBody(
    string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTime? LastSeen,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Restarts)
{
    internal static PresenceBody Of(PeerPresence presence) => new(
        presence.IsUp switch { true => "up", false => "down", null => "unknown" },
        presence.LastSeen?.UtcDateTime, presence.Restarts);
}

/// <summary>Round trip times to a peer.</summary>
/// <param name="AverageMs">The average, in milliseconds.</param>
/// <param name="Count">Of how many measurements.</param>
public sealed record PingBody(double AverageMs, int Count);
