using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>A libp2p host that serves what is measured.</summary>
internal static class EndHost
{
    public const string Loopback = "/ip4/127.0.0.1/tcp/0";

    private static readonly HostOptions Options =
        new() { MostInbound = 4096, MostInboundPerAddress = 4096, MostHandshakes = 4096 };

    /// <summary>A new one with a fresh key.</summary>
    public static Libp2pHost Make()
    {
        var identity = NodeIdentity.FromSeed(RandomNumberGenerator.GetBytes(32));
        var host = new Libp2pHost(new NoiseSigner(identity), Options, TimeProvider.System, NullLogger.Instance);
        foreach (var (name, serve) in EndServer.Protocols) host.Handle(name, (stream, stop) => serve(stream, stop));
        return host;
    }

    /// <summary>Where others reach it.</summary>
    public static string Listen(Libp2pHost host) =>
        (host.Listen(Multiaddr.Parse(Loopback)) with { Peer = host.Self }).ToString();
}
