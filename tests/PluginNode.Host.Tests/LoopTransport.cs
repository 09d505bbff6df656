using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Host.Tests;

/// <summary>Moves frames between nodes of this process.</summary>
internal sealed class LoopTransport(PeerId self, IReadOnlyDictionary<PeerId, ITransportHost> nodes) : ITransport
{
    public string Scheme => "loop";

    public int MaxFrameBytes => 32 << 20;

    public Task StartAsync(ITransportHost host, CancellationToken cancellation) => Task.CompletedTask;

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        nodes.TryGetValue(peer, out var there)
            ? await there.ReceiveAsync(self, [.. frames.Select(f => f.Bytes)], cancellation)
            : [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Retry, "nobody there"))];

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;
}
