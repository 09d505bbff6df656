namespace PluginNode.Libp2p.Yamux;

/// <summary>This part: whether the remote is there, and how far away; and what nobody waits for any more.</summary>
internal sealed partial class YamuxSession
{
    private uint _pingNumber;
    private long? _pingSent; // while no answer has come
    private TimeSpan _patience; // for that answer, or for anything else
    private volatile bool _heard; // since the last tick
    private TimeSpan _roundTrip;

    /// <summary>From a ping to its answer, the latest one counting half; zero before the first.</summary>
    public TimeSpan RoundTrip
    {
        get
        {
            lock (_gate) return _roundTrip;
        }
    }

    /// <summary>Asks at once whether the remote is there: unless anything comes from it within that time the session
    /// ends.</summary>
    public void Probe(TimeSpan within)
    {
        lock (_gate)
        {
            if (_ended is not null || _timer is null) return;
            _heard = false;
            SendPing(within);
            _timer.Change(within, _options.KeepAlive);
        }
        Flush();
    }

    private void StartKeepAlive()
    {
        lock (_gate) SendPing(_options.KeepAlive);
        Flush();
        var timer = _time.CreateTimer(
            static session => ((YamuxSession)session!).Tick(), this, _options.KeepAlive, _options.KeepAlive);
        lock (_gate)
        {
            _timer = timer;
            if (_ended is not null) timer.Dispose();
        }
    }

    private void Tick()
    {
        bool silent;
        List<YamuxStream> stale;
        lock (_gate)
        {
            if (_ended is not null) return;
            // On a slow link a ping may lie behind much else for long: whatever comes meanwhile says that it is there.
            // A tick that comes with a probe is none of its own: half the time is over when it is.
            silent = !_heard && _pingSent is { } sent && _time.GetElapsedTime(sent) >= _patience / 2;
            _heard = false;
            if (_pingSent is null) SendPing(_options.KeepAlive);
            stale = [.. _streams.Values.Where(
                s => s.LingersSince is { } since && _time.GetElapsedTime(since) >= _options.Linger)];
        }
        if (silent)
        {
            End(new Libp2pException(
                Libp2pFault.TimedOut, $"The remote did not answer within {_patience.TotalSeconds:0.#} s."), null);
            return;
        }
        foreach (var stream in stale)
            Reset(stream, new Libp2pException(Libp2pFault.TimedOut, "The remote did not finish the stream."));
        Flush();
    }

    private void SendPing(TimeSpan patience)
    {
        (_pingSent, _patience) = (_time.GetTimestamp(), patience);
        _queue.Add(new YamuxHeader(YamuxType.Ping, YamuxFlags.Syn, 0, ++_pingNumber), []);
    }

    private void Ping(YamuxHeader header)
    {
        lock (_gate)
        {
            if (header.Flags.HasFlag(YamuxFlags.Syn))
            {
                Control(new YamuxHeader(YamuxType.Ping, YamuxFlags.Ack, 0, header.Length));
            }
            else if (_pingSent is { } sent && header.Length == _pingNumber)
            {
                var sample = _time.GetElapsedTime(sent);
                _roundTrip = _roundTrip == default ? sample : (_roundTrip + sample) / 2;
                _pingSent = null;
            }
        }
    }
}
