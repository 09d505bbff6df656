using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Frames;

/// <summary>What is kept of a peer between requests.</summary>
internal sealed class PeerLink(PeerId id)
{
    private long _offset;

    public PeerId Id { get; } = id;

    /// <summary>Where it takes frames; costly to make.</summary>
    public string Topic { get; } = Topics.FramesOf(id);

    /// <summary>Where it is asked for events.</summary>
    public string Ledger { get; } = Topics.LedgerOf(id);

    /// <summary>Where it takes requests to named protocols.</summary>
    public string Requests { get; } = Topics.RequestsOf(id);

    /// <summary>Milliseconds that the peer's clock is ahead of this node's, as the peer has said, signed.</summary>
    public long Offset
    {
        get => Interlocked.Read(ref _offset);
        set => Interlocked.Exchange(ref _offset, value);
    }
}
