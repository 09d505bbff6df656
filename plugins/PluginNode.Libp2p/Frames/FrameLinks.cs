using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>A link with a peer, or why there is none.</summary>
internal readonly record struct LinkResult(FrameLink? Link, string Failure);

/// <summary>
/// The links, one for each peer that something was sent to lately. Several sends to a peer at the same time wait for
/// one link. All members may be called from any thread.
/// </summary>
internal sealed class FrameLinks : IAsyncDisposable
{
    private readonly Libp2pHost _host;
    private readonly ITransportHost _arrivals;
    private readonly Libp2pOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Task<LinkResult>> _links = [];
    private readonly HashSet<FrameLink> _running = [];
    private readonly RunningTasks _tasks = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _timer;
    private bool _closed;

    public FrameLinks(Libp2pHost host, ITransportHost arrivals, Libp2pOptions options, TimeProvider time)
    {
        (_host, _arrivals, _options, _time) = (host, arrivals, options, time);
        var tick = options.IdleLimit / 4;
        _timer = time.CreateTimer(static links => ((FrameLinks)links!).FinishIdle(), this, tick, tick);
    }

    /// <summary>The link with a peer: the one that there is, or a new one.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; it is opened for others all the same.</exception>
    public Task<LinkResult> GetAsync(PeerId peer, IReadOnlyList<Multiaddr> addresses, CancellationToken cancellation)
    {
        Task<LinkResult>? task;
        lock (_gate)
        {
            if (_closed)
                return Task.FromResult(new LinkResult(null, "the transport is stopped"));
            if (!_links.TryGetValue(peer, out task) || !IsGood(task))
            {
                if (task?.Result.Link is { } replaced) _tasks.Run(replaced.FinishAsync);
                var result = new TaskCompletionSource<LinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
                _links[peer] = task = result.Task;
                _tasks.Run(() => RunAsync(peer, addresses, result));
            }
        }
        return task.WaitAsync(cancellation);
    }

    /// <summary>Ends all links and waits until nothing of them runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        List<FrameLink> running;
        lock (_gate)
        {
            _closed = true;
            running = [.. _running];
        }
        await _closing.CancelAsync();
        foreach (var link in running) link.Abort("the transport is stopped");
        await _tasks.DrainAsync();
        _closing.Dispose();
    }

    // A link that is being opened is as good as one.
    private static bool IsGood(Task<LinkResult> task) => !task.IsCompleted || task.Result.Link is { IsGood: true };

    private async Task RunAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, TaskCompletionSource<LinkResult> result)
    {
        FrameLink link;
        try
        {
            link = await OpenAsync(peer, addresses);
        }
        catch (Exception e)
        {
            var reason = e is OperationCanceledException ? $"no link within {_options.SendLimit}" : e.Message;
            lock (_gate) _links.Remove(peer);
            result.SetResult(new LinkResult(null, reason));
            return;
        }
        bool late;
        lock (_gate)
        {
            late = _closed;
            _running.Add(link);
        }
        if (late) link.Abort("the transport is stopped");
        result.SetResult(new LinkResult(link, ""));
        await link.RunAsync();
        lock (_gate)
        {
            _running.Remove(link);
            if (_links.TryGetValue(peer, out var task) && task == result.Task) _links.Remove(peer);
        }
    }

    private async Task<FrameLink> OpenAsync(PeerId peer, IReadOnlyList<Multiaddr> addresses)
    {
        using var limit = new CancellationTokenSource(_options.SendLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closing.Token);
        var stream = await _host.OpenStreamAsync(peer, addresses, FrameWire.Protocol, either.Token);
        return await FrameLink.OpenAsync(stream, _arrivals, _time, either.Token);
    }

    private static Task AbortAsync(FrameLink link)
    {
        link.Abort("the peer does not finish the stream");
        return Task.CompletedTask;
    }

    private void FinishIdle()
    {
        lock (_gate)
        {
            if (_closed) return;
            // one that the peer does not finish, too, would be there for ever, and its connection with it
            foreach (var link in _running.Where(l => l.IsFinished && l.IdleFor >= 2 * _options.IdleLimit))
                _tasks.Run(() => AbortAsync(link));
            foreach (var (peer, task) in _links)
            {
                if (!task.IsCompleted || task.Result.Link is not { } link) continue;
                if (link.IdleFor < _options.IdleLimit) continue;
                _links.Remove(peer);
                _tasks.Run(link.FinishAsync);
            }
        }
    }
}
