using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PluginNode.Libp2p.Addressing;

namespace PluginNode.Libp2p.Discovery;

/// <summary>A network interface in one family of addresses.</summary>
/// <param name="Name">The interface's name.</param>
/// <param name="Index">The system's number for the interface.</param>
/// <param name="Group">Where multicast DNS is spoken there (RFC 6762, section 3).</param>
/// <param name="Addresses">Those that others can dial, of both families.</param>
internal sealed record Site(string Name, int Index, IPAddress Group, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>The group of IPv4.</summary>
    public static readonly IPAddress Group4 = new([224, 0, 0, 251]);

    /// <summary>The group of IPv6, on one link.</summary>
    public static readonly IPAddress Group6 = IPAddress.Parse("ff02::fb");

    public bool IsLoopback => Addresses.Any(IPAddress.IsLoopback);

    /// <summary>Tells sites apart: with another address it is another one.</summary>
    public string Key => $"{this} {Index} {string.Join(' ', Addresses.Select(ip => ip.ToString()))}";

    /// <summary>
    /// Where this machine speaks: on interfaces one of whose addresses is listened on; and where all addresses are, or
    /// none is, on those of a site: with private or link-local addresses, and not the loopback.
    /// </summary>
    /// <param name="listening">The addresses that are listened on.</param>
    public static IReadOnlyList<Site> Now(IReadOnlyCollection<IPAddress> listening)
    {
        var sites = new List<Site>();
        foreach (var networkInterface in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (networkInterface.OperationalStatus != OperationalStatus.Up
                && networkInterface.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                continue;
            var properties = networkInterface.GetIPProperties();
            List<IPAddress> all = [.. properties.UnicastAddresses.Select(a => a.Address)];
            if (!IsMeant(networkInterface, all, listening)) continue;
            // A zone is this machine's business: an address with one is of no use to others.
            IPAddress[] told = [.. all.Where(ip => !ip.IsIPv6LinkLocal)];
            var name = networkInterface.Name;
            if (networkInterface.Supports(NetworkInterfaceComponent.IPv4)
                && all.Exists(ip => ip.AddressFamily == AddressFamily.InterNetwork))
                sites.Add(new Site(name, properties.GetIPv4Properties().Index, Group4, told));
            if (networkInterface.Supports(NetworkInterfaceComponent.IPv6) && all.Exists(ip => ip.IsIPv6LinkLocal))
                sites.Add(new Site(name, properties.GetIPv6Properties().Index, Group6, told));
        }
        return sites;
    }

    /// <summary>Whether somebody on this site can be at an address: on this very machine only who was heard
    /// there.</summary>
    public bool CanHave(IPAddress address) => IsLoopback || !IPAddress.IsLoopback(address);

    /// <summary>Which addresses of this node others are told there: what is announced, or else what is listened on
    /// there.</summary>
    public IReadOnlyList<Multiaddr> Told(IEnumerable<Multiaddr> listening, IReadOnlyList<Multiaddr> announced) =>
        announced.Count > 0 ? announced : [.. listening.SelectMany(Here).Distinct()];

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Group})";

    private IEnumerable<Multiaddr> Here(Multiaddr listening)
    {
        var at = IPAddress.Parse(listening.Host);
        return Addresses
            .Where(ip => at.Equals(IPAddress.Any) || at.Equals(IPAddress.IPv6Any)
                ? ip.AddressFamily == at.AddressFamily : ip.Equals(at))
            .Select(ip => Multiaddr.Of(new IPEndPoint(ip, listening.Port)));
    }

    private static bool IsMeant(
        NetworkInterface networkInterface, List<IPAddress> all, IReadOnlyCollection<IPAddress> listening)
    {
        if (all.Exists(listening.Contains)) return true;
        var isOpen = listening.Count == 0 || listening.Contains(IPAddress.Any) || listening.Contains(IPAddress.IPv6Any);
        return isOpen && networkInterface.NetworkInterfaceType != NetworkInterfaceType.Loopback
            && networkInterface.SupportsMulticast && all.Exists(IsOfASite);
    }

    private static bool IsOfASite(IPAddress ip)
    {
        var bytes = ip.GetAddressBytes();
        return ip.AddressFamily == AddressFamily.InterNetworkV6
            ? (bytes[0] & 0xFE) == 0xFC // RFC 4193
            : (bytes[0], bytes[1]) switch
            {
                (10, _) or (192, 168) or (169, 254) => true, // RFC 1918 and RFC 3927
                (172, >= 16 and < 32) or (100, >= 64 and < 128) => true, // RFC 1918 and RFC 6598
                _ => false,
            };
    }
}
