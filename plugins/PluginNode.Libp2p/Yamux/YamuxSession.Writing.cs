using System.Buffers;

namespace PluginNode.Libp2p.Yamux;

/// <summary>This part: what is sent.</summary>
internal sealed partial class YamuxSession
{
    /// <summary>Bytes of one data frame at most: no stream holds up the others for longer.</summary>
    public const int MostFrame = 32 * 1024;

    private const int WakeAtOnce = 16;
    private const int RoundsInOneGo = 8;

    /// <summary>How long an ended session tries to get rid of what it had to say.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly SendQueue _queue = new();
    private readonly Queue<YamuxStream> _waiting = new(); // for room in the queue
    private bool _flushing; // somebody sends
    private bool _broken; // nobody sends again
    private TaskCompletionSource? _flushed; // where somebody waits until nobody sends

    /// <summary>Queues as much as window and queue take: 0 where it must wait for its signal.</summary>
    internal int TryQueue(YamuxStream stream, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            stream.WaitsForRoom = false;
            if ((stream.Error ?? _ended) is { } error)
            {
                WakeWriters(1);
                throw Again(error);
            }
            if (stream.HasFinished) throw new InvalidOperationException("The stream was closed for writing.");
            if (stream.Credit == 0)
            {
                WakeWriters(1); // the room that it may have been woken for is another one's
                return 0;
            }
            var room = Math.Min(_queue.Room - YamuxHeader.Bytes, MostFrame);
            if (room <= 0)
            {
                if (!stream.StandsInLine) _waiting.Enqueue(stream);
                stream.StandsInLine = stream.WaitsForRoom = true;
                return 0;
            }
            var count = (int)Math.Min(Math.Min(room, data.Length), stream.Credit);
            stream.Credit -= count;
            _queue.Add(Header(stream, YamuxType.Data, YamuxFlags.None, (uint)count), data[..count]);
            return count;
        }
    }

    internal void Finish(YamuxStream stream)
    {
        lock (_gate)
        {
            if (stream.HasFinished) return;
            if ((stream.Error ?? _ended) is { } error) throw Again(error);
            Control(stream, YamuxType.WindowUpdate, YamuxFlags.Fin, 0);
            stream.HasFinished = true;
            if (stream.RemoteFinished) Remove(stream);
        }
    }

    internal void Reset(YamuxStream stream, Libp2pException error)
    {
        lock (_gate)
        {
            if (stream.Error is not null || (stream.HasFinished && stream.RemoteFinished)) return;
            stream.Error = error;
            if (_ended is null && stream.Id != 0) Control(stream, YamuxType.WindowUpdate, YamuxFlags.Reset, 0);
            if (_ended is null) Remove(stream);
        }
        Fail(stream, error);
    }

    internal void Release(YamuxStream stream)
    {
        bool reset;
        lock (_gate)
        {
            reset = !stream.HasFinished;
            if (!reset && !stream.RemoteFinished) stream.LingersSince ??= _time.GetTimestamp();
        }
        if (reset) Reset(stream, new Libp2pException(Libp2pFault.Reset, "The stream was left unfinished."));
        Hold(-stream.Received.Drop());
    }

    /// <summary>Tells the remote of a new stream, where nothing else has.</summary>
    internal void Announce(YamuxStream stream)
    {
        Libp2pException? error;
        lock (_gate)
        {
            if (stream.Id != 0) return;
            error = stream.Error ?? _ended;
            if (error is null) Control(stream, YamuxType.WindowUpdate, YamuxFlags.None, 0);
        }
        if (error is null) Flush();
        else Fail(stream, error); // the session did not know of it when it ended
    }

    /// <summary>Something was read: the remote may send more.</summary>
    internal void WasRead(YamuxStream stream, int count)
    {
        Hold(-count);
        lock (_gate)
        {
            if (stream.RemoteFinished || stream.Error is not null || _ended is not null) return;
            var before = stream.Window.Size;
            var most = Math.Min(_options.MostWindow, before + Math.Max(0, (_options.MostBuffered / 2) - _grown));
            var delta = stream.Window.Open(count, RoundTrip, most);
            _grown += stream.Window.Size - before;
            if (delta == 0) return;
            Control(stream, YamuxType.WindowUpdate, YamuxFlags.None, (uint)delta);
        }
        Flush();
    }

    /// <summary>A writer gives up waiting: the room that it was woken for, or will be, is for the next one.</summary>
    internal void PassOn(YamuxStream stream)
    {
        lock (_gate)
        {
            stream.WaitsForRoom = false;
            WakeWriters(1);
        }
    }

    /// <summary>Sends what is queued, unless somebody does already.</summary>
    internal void Flush()
    {
        bool overfull, begin;
        lock (_gate)
        {
            overfull = _queue.IsOverfull;
            begin = !overfull && !_flushing && !_broken && _queue.Count > 0;
            _flushing |= begin;
        }
        if (overfull)
            End(new Libp2pException(Libp2pFault.Limit,
                "The remote causes answers and does not read them."), tell: null);
        else if (begin)
            _ = FlushAsync();
    }

    private async Task FlushAsync()
    {
        try
        {
            for (var round = 1; ; round++)
            {
                ArraySegment<byte> taken;
                lock (_gate)
                {
                    taken = _queue.Take();
                    WakeWriters(WakeAtOnce);
                    if (taken.Count == 0)
                    {
                        StopFlushing();
                        return;
                    }
                }
                try
                {
                    await _inner.WriteAsync(taken, CancellationToken.None);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(taken.Array!);
                }
                // Whoever came first does not work for the others for ever.
                if (round % RoundsInOneGo == 0) await Task.Yield();
            }
        }
        catch (Exception e)
        {
            Broken(e);
        }
    }

    /// <summary>Under the lock.</summary>
    private void StopFlushing()
    {
        _flushing = false;
        _flushed?.SetResult();
        _flushed = null;
    }

    // Nobody writes on this connection again; the queue is left as it is.
    private void Broken(Exception e)
    {
        lock (_gate)
        {
            _broken = true;
            StopFlushing();
        }
        End(e as Libp2pException
            ?? new Libp2pException(Libp2pFault.Closed, $"The connection broke: {e.Message}", e), tell: null);
    }

    private async Task FlushedAsync(CancellationToken cancellation)
    {
        Task flushed;
        lock (_gate)
        {
            if (!_flushing) return;
            _flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _flushed.Task;
        }
        await flushed.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Under the lock. Who stands in line and does not wait any more uses up nobody's turn.</summary>
    private void WakeWriters(int most)
    {
        while (most > 0 && _waiting.TryDequeue(out var stream))
        {
            stream.StandsInLine = false;
            if (!stream.WaitsForRoom) continue;
            stream.WaitsForRoom = false;
            stream.MayWrite.Set();
            most--;
        }
    }

    /// <summary>Under the lock: a frame without data. Where there are too many of them, the next flush ends the
    /// session.</summary>
    private void Control(YamuxHeader header)
    {
        if (!_queue.IsOverfull) _queue.Add(header, []);
    }

    private void Control(YamuxStream stream, YamuxType type, YamuxFlags flags, uint length) =>
        Control(Header(stream, type, flags, length));

    /// <summary>Under the lock: numbers a stream with its first frame, so that the remote sees them ascend.</summary>
    private YamuxHeader Header(YamuxStream stream, YamuxType type, YamuxFlags flags, uint length)
    {
        if (stream.Id == 0)
        {
            if (_nextId > uint.MaxValue - 2)
                throw new Libp2pException(Libp2pFault.Limit, "All stream numbers are used.");
            stream.Id = _nextId;
            _nextId += 2;
            _streams.Add(stream.Id, stream);
        }
        var header = new YamuxHeader(type, flags | stream.PendingFlags, stream.Id, length);
        stream.PendingFlags = YamuxFlags.None;
        return header;
    }
}
