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

    /// <summary>Protocols that begin so go raw. Default: none does.</summary>
    public string? RawPrefix { get; set; }
    public List<(PeerId From, PeerId To, RawMessage Message)> RawSent { get; } = [];
    public Func<PeerId, RawMessage, Func<Task<SendOutcome>>, Task<SendOutcome>>? InterceptRaw { get; set; }

    /// <summary>How much it moves in a request.</summary>
    public RequestBounds RequestBounds { get; set; } = new(1000, 2000);
    public Func<PeerId, PeerRequest, Func<Task<RequestOutcome>>, Task<RequestOutcome>>? InterceptRequest { get; set; }

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

    public async Task<SendOutcome> DeliverRawAsync(PeerId from, PeerId to, RawMessage message)
    {
        ITransportHost? host;
        lock (_hosts)
            if (Down.GetValueOrDefault(to) || !_hosts.TryGetValue(to, out host))
                return new SendOutcome(message.Id, SendStatus.Retry, "nobody is there");
        var taken = await ((IRawStreamHost)host).ReceiveRawAsync(
            from, message.Protocol, message.Payload, CancellationToken.None);
        return taken.Status == SendStatus.Delivered
            ? new SendOutcome(message.Id, SendStatus.Sent)
            : new SendOutcome(message.Id, SendStatus.Retry, "the stream was reset");
    }

    public Task<RequestOutcome> AskAsync(PeerId from, PeerId to, PeerRequest request, CancellationToken cancellation)
    {
        ITransportHost? host;
        lock (_hosts)
            if (Down.GetValueOrDefault(to) || !_hosts.TryGetValue(to, out host))
                return Task.FromResult(RequestOutcome.None(RequestStatus.Failed, "nobody is there"));
        return ((IRequestHost)host).AnswerAsync(from, request, cancellation);
    }

    private sealed class End(Network wire, PeerId self) : ITransport, IRawStreams, IRequestTransport
    {
        public RequestBounds Bounds => wire.RequestBounds;

        public Task<RequestOutcome> RequestAsync(
            PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation)
        {
            Task<RequestOutcome> Go() => wire.AskAsync(self, peer, request, cancellation);
            return wire.InterceptRequest is { } intercept ? intercept(peer, request, Go) : Go();
        }

        public bool IsRaw(string protocol) =>
            wire.RawPrefix is { } prefix && protocol.StartsWith(prefix, StringComparison.Ordinal);

        public Task<SendOutcome> SendRawAsync(
            PeerId peer, PeerAddress address, RawMessage message, CancellationToken cancellation)
        {
            var copy = message with { Payload = message.Payload.ToArray() };
            lock (wire._hosts) wire.RawSent.Add((self, peer, copy));
            Task<SendOutcome> Go() => wire.DeliverRawAsync(self, peer, copy);
            return wire.InterceptRaw is { } intercept ? intercept(peer, copy, Go) : Go();
        }

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
