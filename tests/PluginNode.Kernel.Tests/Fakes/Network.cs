using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Fakes;

/// <summary>A network of nodes in this process. What is sent can be watched, changed or refused.</summary>
internal sealed class Network
{
    private readonly Dictionary<PeerId, ITransportHost> _hosts = [];

    public int MaxFrameBytes { get; set; } = 20 << 20;
    public Dictionary<PeerId, bool> Down { get; } = [];
    public List<(PeerId From, PeerId To, Frame[] Frames)> Sent { get; } = [];
    public Func<PeerId, PeerId, IReadOnlyList<Frame>, Func<Task<IReadOnlyList<SendOutcome>>>,
        Task<IReadOnlyList<SendOutcome>>>? Intercept { get; set; }

    public void Join(PeerId id, ITransportHost host)
    {
        lock (_hosts) _hosts[id] = host;
    }

    public void Leave(PeerId id)
    {
        lock (_hosts) _hosts.Remove(id);
    }

    public ITransport TransportOf(PeerId self) => new End(this, self);

    public Task<IReadOnlyList<SendOutcome>> DeliverAsync(PeerId from, PeerId to, IReadOnlyList<Frame> frames)
    {
        ITransportHost? host;
        lock (_hosts)
        {
            Sent.Add((from, to, [.. frames]));
            if (Down.GetValueOrDefault(to) || !_hosts.TryGetValue(to, out host))
                return Task.FromResult<IReadOnlyList<SendOutcome>>(
                    [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Retry, "nobody is there"))]);
        }
        return host.ReceiveAsync(from, [.. frames.Select(f => f.Bytes)], CancellationToken.None);
    }

    private sealed class End(Network wire, PeerId self) : ITransport
    {
        public string Scheme => "wire";
        public int MaxFrameBytes => wire.MaxFrameBytes;
        public Task StartAsync(ITransportHost host, CancellationToken cancellation) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task<IReadOnlyList<SendOutcome>> SendAsync(
            PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
        {
            // Copied: what was sent is looked at, and delivered again, long after the sender has its buffers back.
            Frame[] copies = [.. frames.Select(f => f with { Bytes = f.Bytes.ToArray() })];
            Task<IReadOnlyList<SendOutcome>> Go() => wire.DeliverAsync(self, peer, copies);
            return wire.Intercept is { } intercept ? intercept(self, peer, copies, Go) : Go();
        }
    }
}
