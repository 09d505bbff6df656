using PluginNode.Identity;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>
/// The one stream that batches go to a peer on. A batch is written as soon as the one before it is out; answers come in
/// when they are there, and are matched by the batch's number. All members may be called from any thread.
/// </summary>
internal sealed class FrameLink
{
    private readonly ProtocolStream _stream;
    private readonly ITransportHost _host;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1); // who has it writes
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, TaskCompletionSource<Answer>> _waiting = [];
    private Task _writing = Task.CompletedTask;
    private uint _last;
    private long _used;
    private string? _ended, _finished;

    private FrameLink(ProtocolStream stream, int maxBatch, ITransportHost host, TimeProvider time)
    {
        (_stream, MaxBatch, _host, _time) = (stream, maxBatch, host, time);
        _used = time.GetTimestamp();
    }

    /// <summary>The largest batch that the peer takes, in bytes.</summary>
    public int MaxBatch { get; }

    /// <summary>Whether another batch may go over it: it has not ended, and its connection is the one in use.</summary>
    public bool IsGood
    {
        get
        {
            lock (_gate) return (_ended ?? _finished) is null && _stream.Connection.Retired is null;
        }
    }

    /// <summary>How long nothing was sent; zero while an answer is awaited.</summary>
    public TimeSpan IdleFor
    {
        get
        {
            lock (_gate) return _waiting.Count > 0 ? TimeSpan.Zero : _time.GetElapsedTime(_used);
        }
    }

    /// <summary>Whether it was finished by this side; the peer is to do the same.</summary>
    public bool IsFinished
    {
        get
        {
            lock (_gate) return _finished is not null;
        }
    }

    private PeerId Peer => _stream.Connection.Peer;

    /// <summary>Takes a stream that was just opened, and waits for the peer's greeting.</summary>
    /// <exception cref="Libp2pException">The peer takes no frames; the message says why. The stream is
    /// reset.</exception>
    public static async Task<FrameLink> OpenAsync(
        ProtocolStream stream, ITransportHost host, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            var greeting = await Answer.ReadAsync(stream, cancellation)
                ?? throw new Libp2pException(Libp2pFault.Closed, "The peer finished the stream without a greeting.");
            if (greeting.Number != 0 || greeting.MaxBatch is < FrameWire.LeastBatch or > int.MaxValue)
                throw Libp2pException.Malformed("The peer does not begin with a greeting.");
            if (greeting.Reason.Length > 0)
                throw new Libp2pException(Libp2pFault.Closed, $"the peer takes no frames: {greeting.Reason}");
            host.Heard(stream.Connection.Peer, FrameWire.ToTime(greeting.Clock));
            return new FrameLink(stream, (int)greeting.MaxBatch, host, time);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends one batch and waits for its answer. What goes wrong is an answer without outcomes.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; a batch that is half written goes on its
    /// way.</exception>
    public async Task<Answer> SendAsync(
        IReadOnlyList<Frame> frames, int first, int count, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        uint number;
        TaskCompletionSource<Answer> answer;
        lock (_gate)
        {
            if ((_ended ?? _finished) is { } reason)
            {
                _turn.Release();
                return Answer.Missing(reason);
            }
            number = ++_last;
            answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(number, answer);
            _used = _time.GetTimestamp();
            var clock = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _writing = WriteAsync(new FrameBatch(frames, first, count, number, clock));
        }
        try
        {
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            lock (_gate) _waiting.Remove(number);
        }
    }

    /// <summary>Takes answers until the link ends. Call it once.</summary>
    public async Task RunAsync()
    {
        string reason;
        try
        {
            reason = await ReadAsync();
        }
        catch (Exception e)
        {
            reason = e.Message;
        }
        Abort(reason);
        await _writing;
        await _stream.DisposeAsync();
    }

    /// <summary>Sends nothing more; what was sent is still answered.</summary>
    public async Task FinishAsync()
    {
        await _turn.WaitAsync(CancellationToken.None);
        lock (_gate) _finished = "the stream was finished";
        try
        {
            await _stream.CloseWriteAsync();
        }
        catch (Libp2pException e)
        {
            Abort(e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends it at once, for both sides.</summary>
    public void Abort(string reason)
    {
        End(reason);
        _stream.Reset(reason);
    }

    private async Task<string> ReadAsync()
    {
        while (await Answer.ReadAsync(_stream, CancellationToken.None) is { } answer)
        {
            _host.Heard(Peer, FrameWire.ToTime(answer.Clock));
            if (answer.Number == 0) return $"the peer takes no more frames: {answer.Reason}";
            TaskCompletionSource<Answer>? waiting;
            lock (_gate)
            {
                if (answer.Number > _last) throw Libp2pException.Malformed("The peer answers what was not sent.");
                _waiting.TryGetValue(answer.Number, out waiting);
            }
            waiting?.TrySetResult(answer);
        }
        return "the peer finished the stream";
    }

    // Nobody cancels it: half a batch would be the end of the stream. It ends with the stream at the latest.
    private async Task WriteAsync(FrameBatch batch)
    {
        await Task.Yield(); // off the lock
        using (batch)
        {
            try
            {
                await _stream.WriteAsync(batch.Bytes, CancellationToken.None);
            }
            catch (Exception e)
            {
                Abort(e.Message);
            }
        }
        _turn.Release();
    }

    private void End(string reason)
    {
        List<TaskCompletionSource<Answer>> waiting;
        lock (_gate)
        {
            if (_ended is not null) return;
            _ended = reason;
            waiting = [.. _waiting.Values];
        }
        foreach (var one in waiting) one.TrySetResult(Answer.Missing(reason));
    }
}
