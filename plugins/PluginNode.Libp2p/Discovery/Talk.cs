using PluginNode.Libp2p.Addressing;

namespace PluginNode.Libp2p.Discovery;

/// <summary>What this node says on one site. All members may be called from any thread.</summary>
/// <param name="site">Where.</param>
/// <param name="link">Its group; disposed of with this.</param>
/// <param name="service">This node's service.</param>
/// <param name="told">The addresses that are told there; empty: nothing is answered.</param>
/// <param name="node">The node.</param>
internal sealed class Talk(
    Site site, ILink link, PeerService service, IReadOnlyList<Multiaddr> told, Libp2pNode node) : IDisposable
{
    // RFC 6762, section 6: answers that others may give too wait a little, and come once a second at most.
    private const int LeastWait = 20, MostWait = 120;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Asked _due;
    private long? _answered;

    public Site Site => site;

    public ILink Link => link;

    /// <summary>A time of chance, so that not everybody speaks at once; whole milliseconds, as timers have
    /// them.</summary>
    public static TimeSpan AMoment(Libp2pNode node) =>
        TimeSpan.FromMilliseconds(LeastWait + Math.Floor(node.Chance.NextDouble() * (MostWait - LeastWait)));

    public ValueTask AskAsync(CancellationToken cancellation) => link.SendAsync(PeerService.Query, cancellation);

    /// <summary>Notes what was asked. Tells in how long to <see cref="AnswerAsync"/>; null where there is nothing to
    /// answer or another call was told.</summary>
    public TimeSpan? Note(Asked asked)
    {
        if (told.Count == 0 || asked == Asked.Nothing) return null;
        lock (_gate)
        {
            var isFirst = _due == Asked.Nothing;
            _due |= asked;
            if (!isFirst) return null;
            var wait = AMoment(node);
            var rest = _answered is { } last ? Pause - node.Time.GetElapsedTime(last) : TimeSpan.Zero;
            return wait > rest ? wait : rest;
        }
    }

    /// <summary>Answers all that was asked until then.</summary>
    public async Task AnswerAsync(TimeSpan wait, CancellationToken cancellation)
    {
        await Task.Delay(wait, node.Time, cancellation);
        Asked due;
        lock (_gate) (due, _due, _answered) = (_due, Asked.Nothing, node.Time.GetTimestamp());
        await link.SendAsync(service.Answer(due, told, PeerService.Ttl), cancellation);
    }

    /// <summary>Takes back what was told (RFC 6762, section 10.1).</summary>
    public async Task SayGoodbyeAsync(CancellationToken cancellation)
    {
        if (told.Count > 0) await link.SendAsync(service.Answer(Asked.Peers, told, ttl: 0), cancellation);
    }

    public void Dispose() => link.Dispose();
}
