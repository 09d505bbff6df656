using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.MeshHttp;

/// <summary>Moves frames with signed HTTP/1.1 requests between addresses <c>mesh+http://host:port</c>, and answers
/// neighbours that sync events.</summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
/// <param name="sync">Its ledger; null: nothing is there to sync.</param>
public sealed class MeshHttpTransport(MeshHttpOptions options, MeshNode node, SyncParts? sync = null) : ITransport
{
    // count and one length
    private const int BatchOverhead = 2 * sizeof(int);

    // times that one send is cut smaller; a peer that lowers its limit for ever is left
    private const int MaxCuts = 3;

    private readonly CallGate _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private MeshClient? _client;
    private MeshServer? _server;

    /// <inheritdoc/>
    public string Scheme => MeshWire.Scheme;

    /// <inheritdoc/>
    public int MaxFrameBytes => options.MaxBatchBytes - BatchOverhead;

    /// <summary>Where peers reach it, <c>mesh+http://host:port</c> with the port that was taken; null while it does not
    /// listen. Under a wildcard address the host is the wildcard.</summary>
    public string? BoundAddress { get; private set; }

    /// <summary>Answers neighbours that sync, also those that ask over another transport; null without a
    /// ledger.</summary>
    internal SyncDesk? Desk { get; } = sync is null ? null : new SyncDesk(options, node, sync);

    /// <inheritdoc/>
    public async Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        if (options.Listen.Length > 0)
        {
            var server = new MeshServer(options, node, Desk, host, _gate, _closing.Token);
            try
            {
                await server.StartAsync(cancellation);
            }
            catch
            {
                server.Dispose();
                throw;
            }
            BoundAddress = $"mesh+{server.Address}";
            _server = server;
        }
        _client = new MeshClient(options, node, host);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = new SendOutcome[frames.Count];
        if (_client is not { } client || !_gate.TryEnter())
            return Failed(outcomes, frames, 0, "the transport is stopped");
        try
        {
            if (ListenAddress.ToUrl(address.Text, MeshWire.FramesPath) is not { } url)
                return Failed(outcomes, frames, 0, "the address is not mesh+http://host:port");
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            for (int first = 0, cuts = 0; first < frames.Count;)
            {
                var count = FrameList.Fitting(frames, first, client.MaxBatchFor(peer));
                using var batch = new FrameBatch(frames, first, count);
                var reply = await client.SendAsync(peer, url, batch, either.Token);
                if (reply.IsTooLarge && count > 1 && cuts++ < MaxCuts) continue;
                if (reply.IsTooLarge && count == 1)
                {
                    // the peer's own word, signed for this very frame: trying again would hold up its lane for ever
                    outcomes[first] = new SendOutcome(frames[first++].Id, SendStatus.Refused, reply.Failure);
                    continue;
                }
                // what follows a batch that is in doubt would overtake it
                if (reply.Outcomes is null) return Failed(outcomes, frames, first, reply.Failure!);
                for (var i = first; i < first + count; i++)
                    outcomes[i] = reply.Outcomes.TryGetValue(frames[i].Id, out var outcome)
                        ? outcome
                        : new SendOutcome(frames[i].Id, SendStatus.Retry, "the peer told nothing about this frame");
                first += count;
                // a later frame must not be taken before an earlier one of its lane
                if (outcomes.Take(first).Any(o => o.Status == SendStatus.Retry))
                    return Failed(outcomes, frames, first, "an earlier frame was not taken");
            }
            return outcomes;
        }
        finally
        {
            _gate.Leave();
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _gate.Close();
        await using var cut = cancellation.UnsafeRegister(_ => _closing.Cancel(), null);
        try
        {
            if (_server is not null) await _server.StopAsync(cancellation);
        }
        finally
        {
            await _closing.CancelAsync();
            await _gate.Empty;
            _server?.Dispose();
            _client?.Dispose();
            (_server, _client, BoundAddress) = (null, null, null);
        }
    }

    private static SendOutcome[] Failed(SendOutcome[] outcomes, IReadOnlyList<Frame> frames, int first, string reason)
    {
        for (var i = first; i < outcomes.Length; i++)
            outcomes[i] = new SendOutcome(frames[i].Id, SendStatus.Retry, reason);
        return outcomes;
    }
}
