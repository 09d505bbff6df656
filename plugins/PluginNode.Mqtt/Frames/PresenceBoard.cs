using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Frames;

/// <summary>
/// What peers of the peer list say of themselves. Each word is signed, and taken once while this node's connection
/// lasts; an old one could still be shown to a node that comes new. So it is a hint: it wakes, it ends waits whose end
/// would be a retry anyway, and no frame is taken or held back for it. Handlers of one subscription call it, one at a
/// time; <see cref="MaxPacketOf"/> any thread.
/// </summary>
/// <param name="node">Whose peers.</param>
/// <param name="changed">Is told of a peer: whether it is up, and for how long a request to it must have waited to be
/// lost by that.</param>
internal sealed class PresenceBoard(MqttNode node, Action<PeerId, bool, TimeSpan> changed)
{
    // Longer than a peer takes from its subscriptions, from which on it hears, to its word.
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(1);

    private volatile ConcurrentDictionary<PeerId, Known> _peers = new();

    /// <summary>This node connects: whoever is there says so again.</summary>
    public void Reset() => _peers = new ConcurrentDictionary<PeerId, Known>();

    /// <summary>The largest packet that a peer takes, in bytes, where it has said so.</summary>
    public int? MaxPacketOf(PeerId peer) => _peers.TryGetValue(peer, out var known) ? known.MaxPacket : null;

    /// <summary>Takes a word; whatever is wrong with it is passed over.</summary>
    public ValueTask TakeAsync(MqttMessage message)
    {
        if (Topics.OwnerOfPresence(message.Topic) is not { } peer || peer == node.Signer.Self
            || node.Peers.Find(peer) is null
            || PresenceText.Read(message.Payload.Span, peer, node.Signer) is not { } presence)
            return ValueTask.CompletedTask;
        var known = _peers.GetOrAdd(peer, static _ => new Known());
        if (known.Take(presence, wasKept: message.Retain) is { } lost) changed(peer, presence.IsUp, lost);
        return ValueTask.CompletedTask;
    }

    private sealed class Known
    {
        // so many reconnects of a peer are told apart from replays
        private const int MostSeen = 64;

        private readonly HashSet<(UInt128, uint)> _seen = [];
        private readonly Queue<(UInt128, uint)> _order = new();
        private (UInt128 Session, uint Connection)? _last;
        private bool _isUp;

        public int? MaxPacket { get; private set; }

        /// <summary>Null where it is nothing new; else for how long what is lost by it has waited at least.</summary>
        public TimeSpan? Take(in PresenceText presence, bool wasKept)
        {
            if (!presence.IsUp)
            {
                // the last will does not know which connection it ends
                if (!_isUp || _last?.Session != presence.Session) return null;
                _isUp = false;
                return TimeSpan.Zero;
            }
            var now = (presence.Session, presence.Connection);
            if (!_seen.Add(now)) return null;
            _order.Enqueue(now);
            if (_order.Count > MostSeen) _seen.Remove(_order.Dequeue());
            // who comes while this node is there has not heard what was sent to it before
            var lost = _last is not null ? TimeSpan.Zero : wasKept ? TimeSpan.MaxValue : Arrival;
            (_last, _isUp, MaxPacket) = (now, true, presence.MaxPacketBytes);
            return lost;
        }
    }
}
