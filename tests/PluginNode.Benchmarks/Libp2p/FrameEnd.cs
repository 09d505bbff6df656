using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Identity;
using PluginNode.Libp2p;
using PluginNode.Peers;
using PluginNode.Transports;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>The transport without a kernel: whatever comes is delivered. A frame begins with its id, so that it can be
/// answered.</summary>
internal sealed class FrameEnd : ITransportHost
{
    private const int FramesABatch = 64;
    private const int IdBytes = 16;

    private readonly Libp2pTransport _transport;

    private FrameEnd(byte seed, byte peer) => _transport = new Libp2pTransport(
        new Libp2pOptions { Listen = [EndHost.Loopback] },
        new Libp2pNode(
            new NoiseSigner(Of(seed)), new PeerBook([new Peer("peer", Of(peer).Self, [])]), TimeProvider.System,
            new SystemChance(TimeProvider.System), NullLogger<Libp2pTransport>.Instance));

    /// <summary>Where the other one sends to.</summary>
    public string Address => _transport.BoundAddresses[0];

    /// <summary>Starts one that takes frames of the peer with the other seed.</summary>
    public static async Task<FrameEnd> StartAsync(byte seed, byte peer)
    {
        var end = new FrameEnd(seed, peer);
        await end._transport.StartAsync(end, CancellationToken.None);
        return end;
    }

    /// <summary>Sends batches, so many at once.</summary>
    public async Task<EndAnswer> SendAsync(EndCall call)
    {
        if (!PeerAddress.TryParse(call.Address, out var address)) throw new FormatException(call.Address);
        var peer = PeerId.Parse(call.Address[(call.Address.LastIndexOf('/') + 1)..]);
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, call.Streams).Select(_ => Task.Run(async () =>
        {
            var frames = Enumerable.Range(0, FramesABatch).Select(_ => NewFrame()).ToList();
            var count = 0L;
            for (; clock.Elapsed.TotalSeconds < call.Seconds; count += frames.Count)
                foreach (var outcome in await _transport.SendAsync(peer, address, frames, CancellationToken.None))
                    if (outcome.Status != SendStatus.Delivered) throw new InvalidOperationException($"{outcome}");
            return count;
        })));
        return new EndAnswer { Count = counts.Sum(), Seconds = clock.Elapsed.TotalSeconds };
    }

    public Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation)
    {
        var outcomes = new SendOutcome[frames.Count];
        for (var i = 0; i < outcomes.Length; i++)
            outcomes[i] = new SendOutcome(new Guid(frames[i].Span[..IdBytes]), SendStatus.Delivered);
        return Task.FromResult<IReadOnlyList<SendOutcome>>(outcomes);
    }

    public void Heard(PeerId peer, DateTimeOffset? itsTime)
    {
    }

    private static Frame NewFrame()
    {
        var bytes = RandomNumberGenerator.GetBytes(EndServer.MessageBytes);
        return new Frame(new Guid(bytes.AsSpan(0, IdBytes)), bytes);
    }

    private static NodeIdentity Of(byte seed) => NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
}
