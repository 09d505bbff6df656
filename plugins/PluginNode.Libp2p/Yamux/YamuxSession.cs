namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// yamux on one connection (libp2p/specs, yamux): many streams, each with flow control of its own. One loop reads; who
/// writes first when nobody does sends for all others too. All members may be called from any thread.
/// <para>This part: its life, and the streams that there are.</para>
/// </summary>
internal sealed partial class YamuxSession : IAsyncDisposable
{
    /// <summary>The protocol id for multistream-select.</summary>
    public const string Protocol = "/yamux/1.0.0";

    private readonly Stream _inner;
    private readonly YamuxOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<YamuxStream> _accept;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly Queue<TaskCompletionSource> _openers = new();
    private readonly TaskCompletionSource<Libp2pException> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly uint _parity;
    private uint _nextId;
    private uint _highestRemoteId;
    private int _inbound, _outbound, _unacknowledged;
    private long _buffered, _grown;
    private bool _remoteGoesAway;
    private Libp2pException? _ended;
    private Task _reading = Task.CompletedTask;
    private ITimer? _timer;

    /// <param name="inner">The connection, encrypted; the session's from now on.</param>
    /// <param name="client">Whether this side dialled.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="accept">Takes each stream that the remote opens; must return at once.</param>
    public YamuxSession(
        Stream inner, bool client, YamuxOptions options, TimeProvider time, Action<YamuxStream> accept)
    {
        (_inner, _options, _time, _accept) = (inner, options, time, accept);
        (_nextId, _parity) = client ? (1u, 1u) : (2u, 0u);
    }

    /// <summary>What this connection holds unread counts there, too; null where there is no such limit.</summary>
    public UnreadRoom? Room { get; init; }

    /// <summary>Completes when the session has ended, with why.</summary>
    public Task<Libp2pException> Completion => _completion.Task;

    /// <summary>Whether streams can be opened: neither side has ended it or said that it will.</summary>
    public bool TakesStreams
    {
        get
        {
            lock (_gate) return _ended is null && !_remoteGoesAway;
        }
    }

    /// <summary>Streams that are open.</summary>
    public int StreamCount
    {
        get
        {
            lock (_gate) return _inbound + _outbound;
        }
    }

    /// <summary>Of those, the ones that this side has opened.</summary>
    public int OwnStreamCount
    {
        get
        {
            lock (_gate) return _outbound;
        }
    }

    /// <summary>Bytes that all streams together hold unread.</summary>
    public long Buffered => Interlocked.Read(ref _buffered);

    /// <summary>Begins to read, and to ask whether the remote is there. Call it once.</summary>
    public void Start()
    {
        _reading = ReadLoopAsync();
        StartKeepAlive();
    }

    /// <summary>Opens a stream. The remote learns of it with the first write, read or close; it waits while the remote
    /// has too many to take.</summary>
    /// <exception cref="Libp2pException">The session has ended, the remote goes away, or there are too
    /// many.</exception>
    public async ValueTask<YamuxStream> OpenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TaskCompletionSource waiting;
            lock (_gate)
            {
                if (_ended is { } error) throw Again(error);
                if (_remoteGoesAway) throw new Libp2pException(Libp2pFault.Closed, "The remote takes no more streams.");
                if (_outbound >= _options.MostOutboundStreams)
                    throw new Libp2pException(Libp2pFault.Limit, $"{_outbound} streams are open on this connection.");
                if (_unacknowledged < _options.MostUnacknowledged)
                {
                    _outbound++;
                    _unacknowledged++;
                    return new YamuxStream(this, inbound: false, _time);
                }
                waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _openers.Enqueue(waiting);
            }
            try
            {
                await waiting.Task.WaitAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                if (!waiting.TrySetCanceled(cancellation)) WakeOpener();
                throw;
            }
        }
    }

    /// <summary>Tells the remote that all is done and ends the session; what was written before is sent first, as long
    /// as the remote takes it.</summary>
    public async ValueTask CloseAsync()
    {
        End(new Libp2pException(Libp2pFault.Closed, "The connection was closed by this side."), GoAwayCode.Normal);
        await _completion.Task;
    }

    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Ends the session at once: no other one of its streams will ever do anything.</summary>
    private void End(Libp2pException reason, GoAwayCode? tell)
    {
        List<YamuxStream> streams;
        lock (_gate)
        {
            if (_ended is not null) return;
            _ended = reason;
            if (tell is { } code) _queue.Add(new YamuxHeader(YamuxType.GoAway, YamuxFlags.None, 0, (uint)code), []);
            streams = [.. _streams.Values];
            _streams.Clear();
            while (_openers.TryDequeue(out var opener)) opener.TrySetResult();
            WakeWriters(int.MaxValue);
            _timer?.Dispose();
        }
        foreach (var stream in streams) Fail(stream, reason);
        Flush();
        _ = ShutDownAsync(reason);
    }

    // The connection is taken from the loops that use it, and then they end.
    private async Task ShutDownAsync(Libp2pException reason)
    {
        using (var patience = new CancellationTokenSource(LastWords, _time))
            await FlushedAsync(patience.Token);
        try
        {
            await _inner.DisposeAsync();
        }
        catch (IOException)
        {
            // it is gone either way, and the reason is known
        }
        await _reading;
        await FlushedAsync(CancellationToken.None);
        _completion.TrySetResult(reason);
    }

    /// <summary>Who reads or writes the stream learns why it is gone, and what it holds is dropped.</summary>
    private void Fail(YamuxStream stream, Libp2pException error)
    {
        lock (_gate) stream.Error ??= error;
        Hold(-stream.Received.Fail(error));
        stream.MayWrite.Set();
    }

    /// <summary>Under the lock: the stream is no longer one of the session's.</summary>
    private void Remove(YamuxStream stream)
    {
        if (stream.Id != 0 && !_streams.Remove(stream.Id)) return;
        _grown -= stream.Window.Size - YamuxOptions.FirstWindow;
        if (stream.IsInbound)
        {
            _inbound--;
            return;
        }
        _outbound--;
        Acknowledge(stream);
    }

    /// <summary>Under the lock: the remote has taken the stream, or it is gone.</summary>
    private void Acknowledge(YamuxStream stream)
    {
        if (stream.IsAcknowledged || stream.IsInbound) return;
        stream.IsAcknowledged = true;
        _unacknowledged--;
        WakeOpener();
    }

    private void WakeOpener()
    {
        lock (_gate)
        {
            while (_openers.TryDequeue(out var opener))
                if (opener.TrySetResult()) break;
        }
    }

    private static Libp2pException Again(Libp2pException error) => new(error.Fault, error.Message, error);
}
