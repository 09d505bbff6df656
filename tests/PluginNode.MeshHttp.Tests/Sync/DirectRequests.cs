using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>Requests that go straight to what answers them at the other end, as if a transport had proved who
/// asks.</summary>
internal sealed class DirectRequests(PeerId self) : IPeerRequests
{
    private readonly Dictionary<PeerId, (PeerAddress Address, SyncEnd? End)> _peers = [];

    /// <summary>Whom it asked, and what.</summary>
    public ConcurrentQueue<(PeerId Peer, string Protocol)> Asked { get; } = new();

    /// <summary>How much is moved.</summary>
    public RequestBounds Bounds { get; set; } = new(1 << 20, 16 << 20);

    /// <summary>What comes instead of an answer; null: the answer. Default: the answer.</summary>
    public Func<PeerRequest, RequestOutcome?> Instead { get; set; } = _ => null;

    /// <summary>Makes a peer one that can be asked.</summary>
    public void Add(PeerId peer, PeerAddress address, SyncEnd? end) => _peers[peer] = (address, end);

    public IReadOnlyList<PeerAddress> AddressesOf(PeerId peer) =>
        _peers.TryGetValue(peer, out var known) ? [known.Address] : [];

    public async Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerRequest request, CancellationToken cancellation)
    {
        Asked.Enqueue((peer, request.Protocol));
        await Task.Yield();
        if (Instead(request) is { } instead) return instead;
        if (_peers[peer].End is not { } end) return RequestOutcome.None(RequestStatus.Failed, "nobody is there");
        request = request with { MostAnswerBytes = Math.Min(request.MostAnswerBytes, Bounds.MaxAnswerBytes) };
        var outcome = await AnswererOf(end, request.Protocol).AnswerAsync(self, request, cancellation);
        Assert.That(outcome.Body.Length, Is.LessThanOrEqualTo(request.MostAnswerBytes));
        return outcome;
    }

    public static SyncAnswerer AnswererOf(SyncEnd end, string protocol = SyncProtocols.Events) =>
        new(end.Transport.Desk!, protocol, end.Node.Time);
}
