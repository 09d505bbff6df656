using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.Libp2p.Addressing;

/// <summary>What stands first in a <see cref="Multiaddr"/>. The values are the codes of the multicodec table.</summary>
public enum HostKind
{
    /// <summary>An IPv4 address.</summary>
    Ip4 = 4,

    /// <summary>An IPv6 address.</summary>
    Ip6 = 41,

    /// <summary>A name that is resolved to IPv4 addresses.</summary>
    Dns4 = 54,

    /// <summary>A name that is resolved to IPv6 addresses.</summary>
    Dns6 = 55,
}

/// <summary>
/// Where a peer listens for TCP: <c>/ip4/10.0.0.7/tcp/4001/p2p/12D3Koo…</c> (multiformats/multiaddr; libp2p/specs,
/// addressing). The only shape there is here: a host, a TCP port, and at the end the peer id, where it is known.
/// </summary>
public sealed record Multiaddr
{
    private Multiaddr(HostKind kind, string host, int port, PeerId? peer) =>
        (Kind, Host, Port, Peer) = (kind, host, port, peer);

    /// <summary>How <see cref="Host"/> is to be read.</summary>
    public HostKind Kind { get; }

    /// <summary>An IP address in its canonical form, or a name in lower case of 1 to 253 characters.</summary>
    public string Host { get; }

    /// <summary>The TCP port, 0 to 65 535.</summary>
    public int Port { get; }

    /// <summary>Who must be there, or null where anybody may.</summary>
    public PeerId? Peer { get; init; }

    /// <summary>The address of a socket. IPv4 addresses that are written as IPv6 are taken for what they are.</summary>
    public static Multiaddr Of(IPEndPoint endpoint, PeerId? peer = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var ip = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        var kind = ip.AddressFamily == AddressFamily.InterNetwork ? HostKind.Ip4 : HostKind.Ip6;
        // A zone is this machine's business and nobody else's.
        if (kind == HostKind.Ip6) ip = new IPAddress(ip.GetAddressBytes());
        return new Multiaddr(kind, ip.ToString(), endpoint.Port, peer);
    }

    /// <summary>Reads the text form. False for anything that is not of the one shape.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Multiaddr? address)
    {
        address = null;
        if (text?.Split('/') is not ["", var kindText, var host, "tcp", var portText, .. var rest]) return false;
        HostKind? kind = kindText switch
        {
            "ip4" => HostKind.Ip4, "ip6" => HostKind.Ip6, "dns4" => HostKind.Dns4, "dns6" => HostKind.Dns6, _ => null,
        };
        if (kind is null || !TryHost(kind.Value, host, out var canonical)
            || !ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        PeerId? peer = null;
        if (rest is ["p2p", var idText])
        {
            if (!PeerId.TryParse(idText, out var id)) return false;
            peer = id;
        }
        else if (rest.Length > 0)
        {
            return false;
        }
        address = new Multiaddr(kind.Value, canonical, port, peer);
        return true;
    }

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is not of the one shape.</exception>
    public static Multiaddr Parse(string text) => TryParse(text, out var address) ? address
        : throw new FormatException(
            $"'{text}' is not an address such as /ip4/10.0.0.7/tcp/4001 or /dns4/node.example/tcp/4001/p2p/<peer id>.");

    /// <inheritdoc/>
    public override string ToString()
    {
        var kind = Kind switch { HostKind.Ip4 => "ip4", HostKind.Ip6 => "ip6", HostKind.Dns4 => "dns4", _ => "dns6" };
        var peer = Peer is { } id ? $"/p2p/{id}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"/{kind}/{Host}/tcp/{Port}{peer}");
    }

    /// <summary>False unless the host is of its kind; then its canonical form.</summary>
    internal static bool TryHost(HostKind kind, string host, [NotNullWhen(true)] out string? canonical)
    {
        canonical = null;
        if (kind is HostKind.Dns4 or HostKind.Dns6)
        {
            // Names beyond ASCII stand in their ASCII form (RFC 5891): the bytes of an address have no other.
            if (host.Length > 253 || !Ascii.IsValid(host) || Uri.CheckHostName(host) != UriHostNameType.Dns)
                return false;
            canonical = host.ToLowerInvariant();
            return true;
        }
        var family = kind == HostKind.Ip4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (host.AsSpan().IndexOfAny("%[]") >= 0 || !IPAddress.TryParse(host, out var ip) || ip.AddressFamily != family)
            return false;
        canonical = ip.ToString();
        // "1" and "0x7f.1" are IPv4 addresses to the parser and to nobody else.
        return kind == HostKind.Ip6 || canonical == host;
    }

    internal static Multiaddr? Make(HostKind kind, string host, int port, PeerId? peer) =>
        TryHost(kind, host, out var canonical) ? new Multiaddr(kind, canonical, port, peer) : null;
}
