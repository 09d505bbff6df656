using System.Net;
using System.Net.NetworkInformation;
using PluginNode.Libp2p.Addressing;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Where somebody else may come who is told of it.</summary>
internal static class LocalAddresses
{
    private const int Most = 32;

    /// <summary>The addresses themselves; instead of "all" those of the network interfaces that are up.</summary>
    public static IReadOnlyList<Multiaddr> Of(IEnumerable<Multiaddr> listening) =>
        [.. listening.SelectMany(Concrete).Distinct().Take(Most)];

    private static IEnumerable<Multiaddr> Concrete(Multiaddr address)
    {
        var all = IPAddress.Parse(address.Host);
        if (!all.Equals(IPAddress.Any) && !all.Equals(IPAddress.IPv6Any)) return [address];
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .Where(ip => ip.AddressFamily == all.AddressFamily && !ip.IsIPv6LinkLocal)
            .Select(ip => Multiaddr.Of(new IPEndPoint(ip, address.Port)));
    }
}
