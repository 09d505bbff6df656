using System.Net;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Plugins;

namespace PluginNode.Libp2p.Discovery;

/// <summary>What of this node a question is after.</summary>
[Flags]
internal enum Asked
{
    Nothing = 0,
    Peers = 1,
    Services = 2,
    Text = 4,
}

/// <summary>An address that somebody says a peer has. Nothing of it is proved.</summary>
internal readonly record struct FoundAddress(Multiaddr Address, TimeSpan Ttl)
{
    public PeerId Peer => Address.Peer!.Value;
}

/// <summary>
/// How peers tell of themselves by multicast DNS (libp2p/specs, discovery/mdns; RFC 6763): the service
/// <c>_p2p._udp.local</c> points to an instance with a name of chance, whose text says <c>dnsaddr=</c> and an address
/// with the peer's id, for each of its addresses.
/// </summary>
internal sealed class PeerService(PeerId self, IChance chance)
{
    /// <summary>Seconds that an answer holds (RFC 6762, section 10).</summary>
    public const uint Ttl = 75 * 60;

    private const string Key = "dnsaddr=";
    private const int MostFound = 32;

    // With names and heads a datagram of it passes through every network that IPv6 does.
    private const int MostTextBytes = 1000;

    private static readonly DnsName Service = DnsName.Of("_p2p", "_udp", "local");
    private static readonly DnsName Services = DnsName.Of("_services", "_dns-sd", "_udp", "local");

    /// <summary>Asks for all peers.</summary>
    public static readonly byte[] Query =
        new DnsMessage(false, [new DnsQuestion(Service, DnsType.Pointer)], []).ToBytes();

    // Not the peer's id, which may be longer than a label some day.
    private readonly DnsName _instance = DnsName.Of(RandomName(chance), "_p2p", "_udp", "local");

    /// <summary>What somebody else's question is after; nothing where they know the answer already (RFC 6762, section
    /// 7.1).</summary>
    public Asked AskedBy(DnsMessage query)
    {
        var asked = Asked.Nothing;
        foreach (var (name, type) in query.Questions)
        {
            if (name == Services && type is DnsType.Pointer or DnsType.Any) asked |= Asked.Services;
            if (name == _instance && type is DnsType.Text or DnsType.Any) asked |= Asked.Text;
            if (name == Service && type is DnsType.Pointer or DnsType.Any && !IsKnown(query)) asked |= Asked.Peers;
        }
        return asked;
    }

    /// <summary>Says where this peer is, as many of its addresses as fit. Who asks for peers finds them among the
    /// additional records, where the specification has them; some look nowhere else.</summary>
    public byte[] Answer(Asked asked, IEnumerable<Multiaddr> addresses, uint ttl)
    {
        var (answers, additional) = (new List<DnsRecord>(), new List<DnsRecord>());
        if (asked.HasFlag(Asked.Services)) answers.Add(new PointerRecord(Services, ttl, Service));
        if (asked.HasFlag(Asked.Peers))
        {
            answers.Add(new PointerRecord(Service, ttl, _instance));
            additional.Add(Text(addresses, ttl));
        }
        else if (asked.HasFlag(Asked.Text)) answers.Add(Text(addresses, ttl));
        return new DnsMessage(true, [], answers) { Additional = additional }.ToBytes();
    }

    /// <summary>The addresses that a response tells of, those that can be dialled at all: IP addresses with a TCP port
    /// and a peer's id. A name would be looked up on anybody's word, and is left out.</summary>
    public static IReadOnlyList<FoundAddress> Found(DnsMessage response)
    {
        var found = new List<FoundAddress>();
        foreach (var record in response.Records.OfType<TextRecord>().Where(r => r.Name.IsOneBelow(Service)))
        {
            foreach (var text in record.Texts)
            {
                if (!text.StartsWith(Key, StringComparison.OrdinalIgnoreCase)
                    || !Multiaddr.TryParse(text[Key.Length..], out var address) || !IsUsable(address))
                    continue;
                found.Add(new FoundAddress(address, TimeSpan.FromSeconds(record.Ttl)));
                if (found.Count == MostFound) return found;
            }
        }
        return found;
    }

    private TextRecord Text(IEnumerable<Multiaddr> addresses, uint ttl)
    {
        var left = MostTextBytes;
        return new TextRecord(_instance, ttl, [
            .. addresses.Select(a => $"{Key}{a with { Peer = self }}")
                .Where(t => t.Length <= byte.MaxValue).TakeWhile(t => (left -= 1 + t.Length) >= 0),
        ]);
    }

    private static bool IsUsable(Multiaddr address)
    {
        if (address.Peer is null || address.Port == 0 || address.Kind is not (HostKind.Ip4 or HostKind.Ip6))
            return false;
        var ip = IPAddress.Parse(address.Host);
        if (ip.IsIPv4MappedToIPv6) return false;
        return address.Kind == HostKind.Ip6
            ? !ip.IsIPv6Multicast && !ip.IsIPv6LinkLocal && !ip.Equals(IPAddress.IPv6Any) // a zone is not told
            : ip.GetAddressBytes()[0] is > 0 and < 224; // neither "this network" nor groups and what lies above them
    }

    private bool IsKnown(DnsMessage query) => query.Records.Any(
        r => r is PointerRecord known && known.Name == Service && known.Target == _instance && known.Ttl >= Ttl / 2);

    private static string RandomName(IChance chance)
    {
        Span<byte> bytes = stackalloc byte[20];
        chance.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
