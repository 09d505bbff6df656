using System.Buffers;

namespace PluginNode.Libp2p.Yamux;

/// <summary>This part: what the remote sends.</summary>
internal sealed partial class YamuxSession
{
    private const int FirstReadBuffer = 4 * 1024;
    private const int FullReadBuffer = 64 * 1024;

    // A data frame of which a part has come: no frame is held back until it is whole.
    private YamuxStream? _dataStream;
    private YamuxFlags _dataFlags;
    private uint _dataLeft;

    private async Task ReadLoopAsync()
    {
        await Task.Yield(); // the caller goes on
        var buffer = ArrayPool<byte>.Shared.Rent(FirstReadBuffer);
        try
        {
            for (var held = 0; ;)
            {
                var count = await _inner.ReadAsync(buffer.AsMemory(held), CancellationToken.None);
                if (count == 0) throw new Libp2pException(Libp2pFault.Closed, "The remote closed the connection.");
                _heard = true;
                held += count;
                var used = Take(buffer.AsSpan(0, held));
                Flush(); // one write for all that it gave cause to
                if (held == buffer.Length && buffer.Length < FullReadBuffer)
                    buffer = Larger(buffer, ref held, ref used);
                buffer.AsSpan(used, held - used).CopyTo(buffer);
                held -= used;
            }
        }
        catch (Libp2pException e)
        {
            End(e, e.Fault is Libp2pFault.Malformed or Libp2pFault.Limit ? GoAwayCode.ProtocolError : null);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            End(new Libp2pException(Libp2pFault.Closed, $"The connection broke: {e.Message}", e), tell: null);
        }
        catch (Exception e)
        {
            // a mistake of our own ends this connection and no other one
            End(new Libp2pException(Libp2pFault.Closed, $"The connection was given up: {e.Message}", e),
                GoAwayCode.InternalError);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Larger(byte[] buffer, ref int held, ref int used)
    {
        var larger = ArrayPool<byte>.Shared.Rent(FullReadBuffer);
        buffer.AsSpan(used, held - used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        (held, used) = (held - used, 0);
        return larger;
    }

    /// <summary>Takes what can be taken and tells how much it was; less than a header is left.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes;
        while (true)
        {
            if (_dataLeft > 0)
            {
                var part = rest[..(int)Math.Min(_dataLeft, (uint)rest.Length)];
                rest = rest[part.Length..];
                _dataLeft -= (uint)part.Length;
                if (_dataStream is not null) Deliver(_dataStream, part);
                if (_dataLeft > 0) return bytes.Length;
                if (_dataStream is not null) EndOf(_dataStream, _dataFlags);
            }
            if (rest.Length < YamuxHeader.Bytes) return bytes.Length - rest.Length;
            var header = YamuxHeader.Read(rest);
            rest = rest[YamuxHeader.Bytes..];
            Handle(header);
        }
    }

    private void Handle(YamuxHeader header)
    {
        switch (header.Type)
        {
            case YamuxType.Data: Data(header); break;
            case YamuxType.WindowUpdate: WindowUpdate(header); break;
            case YamuxType.Ping: Ping(header); break;
            default: GoAway((GoAwayCode)header.Length); break;
        }
    }

    private void Data(YamuxHeader header)
    {
        var stream = Find(header);
        if (stream is not null)
        {
            lock (_gate)
            {
                if (!stream.Window.TryUse(header.Length))
                    throw Libp2pException.Malformed("The remote sends more than a stream's window allows.");
                if (header.Length > 0 && stream.RemoteFinished)
                    throw Libp2pException.Malformed("The remote sends on a stream that it has finished.");
            }
        }
        (_dataStream, _dataFlags, _dataLeft) = (stream, header.Flags, header.Length);
        if (header.Length == 0 && stream is not null) EndOf(stream, header.Flags);
    }

    private void WindowUpdate(YamuxHeader header)
    {
        if (Find(header) is not { } stream) return;
        lock (_gate)
        {
            stream.Credit += header.Length;
            if (stream.Credit > uint.MaxValue) throw Libp2pException.Malformed("A window grew beyond 32 bits.");
        }
        stream.MayWrite.Set();
        EndOf(stream, header.Flags);
    }

    private void GoAway(GoAwayCode code)
    {
        if (code != GoAwayCode.Normal)
            throw new Libp2pException(Libp2pFault.Closed, $"The remote ended the session ({code}).");
        bool done;
        lock (_gate)
        {
            _remoteGoesAway = true;
            done = _streams.Count == 0;
            while (_openers.TryDequeue(out var opener)) opener.TrySetResult();
        }
        if (done) throw new Libp2pException(Libp2pFault.Closed, "The remote ended the session.");
    }

    /// <summary>The stream of a frame; null where it is gone, so that the frame is passed over.</summary>
    private YamuxStream? Find(YamuxHeader header)
    {
        YamuxStream? stream;
        var isTheirs = header.Stream % 2 != _parity;
        var isNew = header.Flags.HasFlag(YamuxFlags.Syn);
        lock (_gate)
        {
            if (_ended is not null) return null;
            var known = _streams.TryGetValue(header.Stream, out stream);
            if (isNew)
            {
                if (known || !isTheirs)
                    throw Libp2pException.Malformed($"The remote opens stream {header.Stream}, which it may not.");
                _highestRemoteId = Math.Max(_highestRemoteId, header.Stream);
                if (_inbound >= _options.MostInboundStreams)
                {
                    Control(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Reset, header.Stream, 0));
                    return null;
                }
                stream = new YamuxStream(this, inbound: true, _time) { Id = header.Stream };
                _streams.Add(header.Stream, stream);
                _inbound++;
                // Taken at once: the remote may have only so many that are not.
                Control(stream, YamuxType.WindowUpdate, YamuxFlags.None, 0);
            }
            else if (!known)
            {
                var was = isTheirs ? header.Stream <= _highestRemoteId : header.Stream < _nextId;
                return was ? null : throw Libp2pException.Malformed($"Stream {header.Stream} was never opened.");
            }
            else if (header.Flags.HasFlag(YamuxFlags.Ack))
            {
                Acknowledge(stream!);
            }
        }
        if (isNew) _accept(stream!);
        return stream;
    }

    private void Deliver(YamuxStream stream, ReadOnlySpan<byte> data)
    {
        var held = Hold(data.Length);
        if (held > _options.MostBuffered || Room?.IsTooMuch(held) == true)
        {
            Hold(-data.Length);
            Reset(stream, new Libp2pException(Libp2pFault.Limit, $"{held} bytes of this connection lie unread."));
        }
        else if (!stream.Received.Add(data))
        {
            Hold(-data.Length);
        }
    }

    /// <summary>Counts bytes that lie unread, or no longer do; tells how many there are.</summary>
    private long Hold(int bytes)
    {
        Room?.Add(bytes);
        return Interlocked.Add(ref _buffered, bytes);
    }

    /// <summary>What a frame's flags say about the stream's end.</summary>
    private void EndOf(YamuxStream stream, YamuxFlags flags)
    {
        if (flags.HasFlag(YamuxFlags.Reset))
        {
            var reset = new Libp2pException(Libp2pFault.Reset, "The stream was reset by the remote.");
            lock (_gate)
            {
                stream.Error ??= reset; // from here on its window does not grow
                Remove(stream);
            }
            Fail(stream, reset);
        }
        else if (flags.HasFlag(YamuxFlags.Fin))
        {
            lock (_gate)
            {
                stream.RemoteFinished = true;
                if (stream.HasFinished) Remove(stream);
            }
            stream.Received.End();
        }
    }
}
