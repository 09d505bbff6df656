using PluginNode.Identity;

namespace PluginNode.MeshHttp.Client;

/// <summary>What the client keeps of a peer between requests.</summary>
internal sealed class PeerLink(PeerId id)
{
    private long _offset;
    private long _maxBatch = long.MaxValue;

    public PeerId Id { get; } = id;

    /// <summary>The id's text, which is costly to make.</summary>
    public string Text { get; } = id.ToString();

    /// <summary>Milliseconds that the peer's clock is ahead of this node's, as the peer has said, signed.</summary>
    public long Offset
    {
        get => Interlocked.Read(ref _offset);
        set => Interlocked.Exchange(ref _offset, value);
    }

    /// <summary>The largest body that the peer takes, in bytes, as it has said, signed.</summary>
    public long MaxBatch
    {
        get => Interlocked.Read(ref _maxBatch);
        set => Interlocked.Exchange(ref _maxBatch, value);
    }
}
