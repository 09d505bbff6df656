using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Libp2p.Discovery;

/// <summary>
/// Finds peers on the networks that this machine is in, and is found there (libp2p/specs, discovery/mdns; RFC 6762). It
/// asks at the start and then after 1 s, 2 s, 4 s … up to an hour, from the start again when there is another network,
/// and when what was found is about to run out. What it hears is a hint that anybody can give: who is at an address is
/// proved to who dials it.
/// <para>Life: constructed → <see cref="Start"/> once → disposed of.</para>
/// </summary>
internal sealed class Mdns : IAsyncDisposable
{
    /// <summary>How often it looks whether there are other networks.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1), Last = TimeSpan.FromHours(1);

    private readonly Libp2pNode _node;
    private readonly INetworks _networks;
    private readonly Func<Site, IReadOnlyList<Multiaddr>> _told;
    private readonly Func<PeerId, CancellationToken, Task> _dial;
    private readonly PeerService _service;
    private readonly FoundAddresses _found;
    private readonly Strangers _strangers;
    private readonly RareLog<string> _rare;
    private readonly RareLog<PeerId> _dialled;
    private readonly CancellationTokenSource _stop = new();
    private readonly RunningTasks _tasks = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Talk> _talks = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <param name="node">The node.</param>
    /// <param name="networks">Where to speak.</param>
    /// <param name="told">Which addresses of this node are told on a site.</param>
    /// <param name="dial">Dials a peer of the peer list, at most once a minute, when it was found at an address that
    /// was not known.</param>
    public Mdns(
        Libp2pNode node, INetworks networks, Func<Site, IReadOnlyList<Multiaddr>> told,
        Func<PeerId, CancellationToken, Task> dial)
    {
        (_node, _networks, _told, _dial) = (node, networks, told, dial);
        _service = new PeerService(node.Signer.Self, node.Chance);
        (_found, _strangers) = (new FoundAddresses(node.Time), new Strangers(node.Time));
        (_rare, _dialled) = (new RareLog<string>(node.Time), new RareLog<PeerId>(node.Time));
    }

    /// <summary>Finds peers for a host, and tells of what it listens on by now. Started; to be disposed of before
    /// it.</summary>
    public static Mdns StartFor(Libp2pHost host, Libp2pOptions options, Libp2pNode node)
    {
        var (listening, announced) = (host.ListenAddresses, options.ToHostOptions().Announce);
        var networks = new UdpNetworks([.. listening.Select(a => IPAddress.Parse(a.Host))], options.MdnsPort);
        var mdns = new Mdns(
            node, networks, site => site.Told(listening, announced), (peer, stop) => host.ConnectAsync(peer, [], stop));
        mdns.Start();
        return mdns;
    }

    /// <summary>Sites that are spoken on.</summary>
    public int Sites
    {
        get
        {
            lock (_gate) return _talks.Count;
        }
    }

    /// <summary>Joins the networks that there are; it asks a moment later.</summary>
    public void Start() => _tasks.Begin(AskAsync);

    /// <summary>Where a peer is said to be, what was heard last first; empty for who is not in the peer list.</summary>
    public IReadOnlyList<Multiaddr> Of(PeerId peer) => _node.Peers.Find(peer) is null ? [] : _found.Of(peer);

    /// <summary>Takes back what was told and leaves nothing behind. Again: does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        await _stop.CancelAsync();
        await _tasks.DrainAsync();
        foreach (var talk in _talks.Values)
        {
            using (talk)
                await GuardAsync(talk, () => talk.SayGoodbyeAsync(CancellationToken.None));
        }
        _stop.Dispose();
    }

    private async Task AskAsync()
    {
        var started = _node.Time.GetTimestamp();
        var (next, interval, asked) = (TimeSpan.Zero, First, -First);
        try
        {
            while (true)
            {
                var now = _node.Time.GetElapsedTime(started);
                if (LookAround()) (next, interval) = (now + Talk.AMoment(_node), First);
                if (now >= next || (_found.UntilAsking <= TimeSpan.Zero && now - asked >= First))
                {
                    await AskAllAsync();
                    asked = now;
                    // RFC 6762, section 5.2
                    if (now >= next) (next, interval) = (now + interval, interval < Last / 2 ? interval * 2 : Last);
                }
                var wait = Shortest(Look, next - now, _found.UntilAsking);
                // It begins on the thread of who starts it, and goes on elsewhere.
                await Task.Delay(wait, _node.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // it is over
        }
    }

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> times)
    {
        var shortest = times[0];
        foreach (var time in times)
            if (time < shortest) shortest = time;
        // Not at once: what is due can have to wait for the second that lies between two questions.
        return shortest < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : shortest;
    }

    private async Task AskAllAsync()
    {
        _found.Asking();
        List<Talk> talks;
        lock (_gate) talks = [.. _talks.Values];
        foreach (var talk in talks)
        {
            await GuardAsync(talk, () => talk.AskAsync(_stop.Token).AsTask());
            Answer(talk, Asked.Peers); // who asks is told of to all who listen, too
        }
    }

    // Tells whether there is a site that was not there.
    private bool LookAround()
    {
        IReadOnlyList<Site> sites;
        try
        {
            sites = _networks.Now();
        }
        catch (NetworkInformationException e)
        {
            if (_rare.May("")) LogMessages.NoDiscovery(_node.Logger, "this machine", e.Message);
            return false;
        }
        var isNew = false;
        lock (_gate)
        {
            var here = sites.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var (key, talk) in _talks.Where(t => !here.Contains(t.Key)).ToList()) Leave(key, talk);
            foreach (var site in sites.Where(s => !_talks.ContainsKey(s.Key)))
            {
                try
                {
                    var talk = new Talk(site, _networks.Open(site), _service, _told(site), _node);
                    _talks.Add(site.Key, talk);
                    _tasks.Run(() => ListenAsync(talk));
                    isNew = true;
                }
                catch (SocketException e)
                {
                    if (_rare.May(site.Key)) LogMessages.NoDiscovery(_node.Logger, site.ToString(), e.Message);
                }
            }
        }
        return isNew;
    }

    private async Task ListenAsync(Talk talk)
    {
        // A datagram that is as long as this may be longer.
        var buffer = new byte[DnsMessage.MostBytes + 1];
        await GuardAsync(talk, async () =>
        {
            while (true)
            {
                var count = await talk.Link.ReceiveAsync(buffer, _stop.Token);
                Take(talk, buffer.AsSpan(0, count));
            }
        });
        lock (_gate)
        {
            // it is opened again, when there is still something to open
            if (!_stop.IsCancellationRequested && _talks.GetValueOrDefault(talk.Site.Key) == talk)
                Leave(talk.Site.Key, talk);
        }
    }

    private void Take(Talk talk, ReadOnlySpan<byte> datagram)
    {
        DnsMessage message;
        try
        {
            message = DnsMessage.Read(datagram);
        }
        catch (Libp2pException e)
        {
            if (_rare.May($"message {talk.Site.Key}"))
                LogMessages.NotDns(_node.Logger, talk.Site.ToString(), e.Message);
            return;
        }
        if (!message.IsResponse)
        {
            Answer(talk, _service.AskedBy(message));
            return;
        }
        foreach (var found in PeerService.Found(message))
            if (found.Peer != _node.Signer.Self && talk.Site.CanHave(IPAddress.Parse(found.Address.Host))) Take(found);
    }

    private void Take(FoundAddress found)
    {
        if (_node.Peers.Find(found.Peer) is not null)
        {
            if (!_found.Add(found) || !_dialled.May(found.Peer)) return;
            LogMessages.Found(_node.Logger, found.Address.ToString());
            _tasks.Run(() => DialAsync(found.Peer));
            return;
        }
        bool isNew;
        lock (_gate) isNew = found.Ttl > TimeSpan.Zero && _strangers.May(found.Peer);
        if (isNew)
            LogMessages.StrangerFound(
                _node.Logger, found.Address.ToString(), Convert.ToBase64String(found.Peer.ToPublicKey()));
    }

    private async Task DialAsync(PeerId peer)
    {
        try
        {
            await _dial(peer, _stop.Token);
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            LogMessages.FoundNotReached(_node.Logger, peer.ToString(), e.Message);
        }
    }

    private void Answer(Talk talk, Asked asked)
    {
        if (talk.Note(asked) is { } wait)
            _tasks.Run(() => GuardAsync(talk, () => talk.AnswerAsync(wait, _stop.Token)));
    }

    // What becomes of a site is no concern of the others.
    private async Task GuardAsync(Talk talk, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException
            or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // it is over, or the site has gone
        }
        catch (SocketException e)
        {
            if (_rare.May(talk.Site.Key)) LogMessages.NoDiscovery(_node.Logger, talk.Site.ToString(), e.Message);
        }
    }

    private void Leave(string key, Talk talk)
    {
        _talks.Remove(key);
        talk.Dispose();
    }
}
