using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using PluginNode.Libp2p.Discovery;

namespace PluginNode.Libp2p.Fakes;

/// <summary>Networks in memory: what is sent on a link is kept with its time, and what a test puts in is
/// received.</summary>
internal sealed class MemoryNetworks(TimeProvider time) : INetworks
{
    private volatile IReadOnlyList<Site> _sites = [Lan()];

    public ConcurrentDictionary<string, MemoryLink> Links { get; } = new();

    /// <summary>Whether opening fails.</summary>
    public bool IsDown { get; set; }

    /// <summary>A network of homes and offices.</summary>
    public static Site Lan(string address = "192.168.1.7", string name = "lan0") =>
        new(name, 2, Site.Group4, [IPAddress.Parse(address)]);

    public MemoryLink Link => Links.Values.Single();

    public void Set(params Site[] sites) => _sites = sites;

    public IReadOnlyList<Site> Now() => _sites;

    public ILink Open(Site site)
    {
        if (IsDown) throw new SocketException((int)SocketError.NetworkDown);
        var link = new MemoryLink(time, () => Links.TryRemove(site.Key, out _));
        if (!Links.TryAdd(site.Key, link)) throw new InvalidOperationException($"{site.Key} is open already.");
        return link;
    }

    internal sealed class MemoryLink(TimeProvider time, Action closed) : ILink
    {
        private readonly Channel<byte[]> _incoming = Channel.CreateUnbounded<byte[]>();

        public ConcurrentQueue<(DateTimeOffset At, DnsMessage Message)> Sent { get; } = new();

        public bool IsBroken { get; set; }

        /// <summary>The questions among what was sent.</summary>
        public IEnumerable<DateTimeOffset> Asked => Sent.Where(s => !s.Message.IsResponse).Select(s => s.At);

        /// <summary>The answers among what was sent.</summary>
        public IEnumerable<DnsMessage> Answers => Sent.Where(s => s.Message.IsResponse).Select(s => s.Message);

        public void Put(byte[] datagram) => _incoming.Writer.TryWrite(datagram);

        /// <summary>Its receiver hears that it is of no use.</summary>
        public void Break() => _incoming.Writer.Complete(new SocketException((int)SocketError.NetworkDown));

        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
        {
            if (IsBroken) throw new SocketException((int)SocketError.NetworkUnreachable);
            Sent.Enqueue((time.GetUtcNow(), DnsMessage.Read(message.Span)));
            return default;
        }

        public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            try
            {
                var datagram = await _incoming.Reader.ReadAsync(cancellation);
                datagram.AsSpan(0, Math.Min(datagram.Length, buffer.Length)).CopyTo(buffer.Span);
                return Math.Min(datagram.Length, buffer.Length);
            }
            catch (ChannelClosedException e)
            {
                throw e.InnerException ?? new ObjectDisposedException(nameof(MemoryLink));
            }
        }

        public void Dispose()
        {
            _incoming.Writer.TryComplete();
            closed();
        }
    }
}
