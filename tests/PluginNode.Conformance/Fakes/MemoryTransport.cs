using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Fakes;

/// <summary>
/// The reference of a transport, in memory: what every other one must do too. It proves nobody's identity, because
/// nobody on its wire can lie. A buffer that it has lent to a host is overwritten afterwards, so that a host which
/// keeps one is found out.
/// </summary>
public sealed class MemoryTransport : ITransport, IRequestTransport
{
    /// <summary>The scheme of its addresses.</summary>
    public const string SchemeName = "memory";

    private readonly MemoryNetwork _network;
    private readonly IPeerDirectory _peers;
    private readonly Gate _sends = new();
    private readonly Gate _receipts = new();
    private readonly CancellationTokenSource _closing = new();
    private ITransportHost? _host;

    internal MemoryTransport(MemoryNetwork network, PeerId self, IPeerDirectory peers) =>
        (_network, Self, _peers) = (network, self, peers);

    /// <summary>Who it is.</summary>
    public PeerId Self { get; }

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public int MaxFrameBytes => _network.MaxFrameBytes;

    /// <inheritdoc/>
    public RequestBounds Bounds => _network.RequestBounds;

    /// <inheritdoc/>
    public Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return Task.FromCanceled(cancellation);
        if (!_network.Join(this))
            return Task.FromException(new TransportException(
                $"{MemoryNetwork.AddressOf(Self)} is taken: stop the other one first."));
        _host = host;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A frame is too large.</exception>
    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        if (frames.Any(f => f.Bytes.Length > MaxFrameBytes))
            throw new ArgumentException($"A frame has at most {MaxFrameBytes} bytes.", nameof(frames));
        if (_host is not { } host || !_sends.TryEnter()) return Retry(frames, "the transport is stopped");
        using var limit = new CancellationTokenSource(_network.AnswerWithin, _network.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token, limit.Token);
        try
        {
            any.Token.ThrowIfCancellationRequested();
            if (await AskAsync(peer, address, frames).WaitAsync(any.Token) is not { } answer)
                return Retry(frames, "nobody is there who takes it");
            host.Heard(peer, _network.Time.GetUtcNow());
            var told = answer.ToLookup(o => o.Id);
            return [.. frames.Select(f => told[f.Id]
                .Append(new SendOutcome(f.Id, SendStatus.Retry, "the peer told nothing about this frame")).First())];
        }
        catch (OperationCanceledException)
        {
            return Retry(frames, "no answer in time");
        }
        finally
        {
            _sends.Leave();
        }
    }

    /// <inheritdoc/>
    public async Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation)
    {
        if (request.Body.Length > Bounds.MaxRequestBytes)
            return RequestOutcome.None(
                RequestStatus.TooLarge, $"a request has at most {Bounds.MaxRequestBytes} bytes");
        if (_host is not { } host || !_sends.TryEnter())
            return RequestOutcome.None(RequestStatus.Failed, "the transport is stopped");
        using var limit = new CancellationTokenSource(_network.AnswerWithin, _network.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token, limit.Token);
        try
        {
            any.Token.ThrowIfCancellationRequested();
            var most = Math.Min(request.MostAnswerBytes, Bounds.MaxAnswerBytes);
            var asked = request with { Body = request.Body.ToArray(), MostAnswerBytes = most };
            if (await AskAsync(peer, address, asked).WaitAsync(any.Token) is not { } answer)
                return RequestOutcome.None(RequestStatus.Failed, "nobody is there who answers");
            host.Heard(peer, _network.Time.GetUtcNow());
            return answer.Body.Length <= most
                ? answer
                : RequestOutcome.None(RequestStatus.TooLarge, $"the answer has more than {most} bytes");
        }
        catch (OperationCanceledException)
        {
            return RequestOutcome.None(RequestStatus.Failed, "no answer in time");
        }
        finally
        {
            _sends.Leave();
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _network.Leave(this);
        _sends.Close();
        _receipts.Close();
        await using var cut = cancellation.UnsafeRegister(_ => _closing.Cancel(), null);
        await _receipts.Empty;
        await _closing.CancelAsync();
        await _sends.Empty;
    }

    private Task<RequestOutcome?> AskAsync(PeerId peer, PeerAddress address, PeerRequest request)
    {
        var answer = new TaskCompletionSource<RequestOutcome?>();
        _network.Carry(Self, peer, async () =>
        {
            var outcome = _network.At(address) is { } end && end.Self == peer
                ? await end.AnswerAsync(Self, request)
                : null;
            _network.Carry(peer, Self, () =>
            {
                answer.TrySetResult(outcome);
                return Task.CompletedTask;
            });
        });
        return answer.Task;
    }

    private async Task<RequestOutcome?> AnswerAsync(PeerId from, PeerRequest request)
    {
        if (_host is not { } host || !_receipts.TryEnter()) return null;
        try
        {
            if (!_peers.TakesFrom(from)) return RequestOutcome.None(RequestStatus.Refused, "unknown sender");
            host.Heard(from, _network.Time.GetUtcNow());
            if (host is not IRequestHost answering)
                return RequestOutcome.None(RequestStatus.Unsupported, "this node answers nothing");
            if (answering.Judge(from, request.Protocol, request.Body.Length) is { } told) return told;
            var lent = request.Body.ToArray();
            var outcome = await answering.AnswerAsync(from, request with { Body = lent }, _closing.Token);
            lent.AsSpan().Fill(0xEE);
            return outcome with { Body = outcome.Body.ToArray() };
        }
        catch (Exception)
        {
            return null; // a host that fails costs an answer
        }
        finally
        {
            _receipts.Leave();
        }
    }

    // The frames are copied: a copy of the request may arrive when the sender has long given up.
    private Task<IReadOnlyList<SendOutcome>?> AskAsync(PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<SendOutcome>?>();
        byte[][] contents = [.. frames.Select(f => f.Bytes.ToArray())];
        _network.Carry(Self, peer, async () =>
        {
            var outcomes = _network.At(address) is { } end && end.Self == peer
                ? await end.TakeAsync(Self, contents)
                : null;
            _network.Carry(peer, Self, () =>
            {
                answer.TrySetResult(outcomes);
                return Task.CompletedTask;
            });
        });
        return answer.Task;
    }

    private async Task<IReadOnlyList<SendOutcome>?> TakeAsync(PeerId from, byte[][] contents)
    {
        if (_host is not { } host || !_peers.TakesFrom(from) || !_receipts.TryEnter()) return null;
        try
        {
            byte[][] lent = [.. contents.Select(c => c.ToArray())];
            host.Heard(from, _network.Time.GetUtcNow());
            var outcomes = await host.ReceiveAsync(from, [.. lent.Select(l => l.AsMemory())], _closing.Token);
            foreach (var buffer in lent) buffer.AsSpan().Fill(0xEE);
            return [.. outcomes];
        }
        catch (Exception)
        {
            return null; // a host that fails costs a retry
        }
        finally
        {
            _receipts.Leave();
        }
    }

    private static SendOutcome[] Retry(IReadOnlyList<Frame> frames, string reason) =>
        [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Retry, reason))];

    /// <summary>Counts who is inside, and tells when the last one has left after it was closed.</summary>
    private sealed class Gate
    {
        private readonly Lock _lock = new();
        private readonly TaskCompletionSource _empty = new();
        private int _inside;
        private bool _closed;

        public Task Empty => _empty.Task;

        public bool TryEnter()
        {
            lock (_lock)
            {
                if (!_closed) _inside++;
                return !_closed;
            }
        }

        public void Leave()
        {
            lock (_lock)
                if (--_inside > 0 || !_closed) return;
            _empty.TrySetResult();
        }

        public void Close()
        {
            lock (_lock)
            {
                _closed = true;
                if (_inside > 0) return;
            }
            _empty.TrySetResult();
        }
    }
}
