using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Identity;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Identify;
using PluginNode.Libp2p.Noise;

namespace PluginNode.Fuzz.Targets;

/// <summary>The protobuf messages of libp2p: a byte for which one, then what a handshake carries, or what a peer says
/// of itself. What is read is the same once it is written again.</summary>
internal sealed class Libp2pMessagesTarget : FuzzTarget
{
    private static readonly PeerId Peer =
        PeerId.FromPublicKey([.. Enumerable.Range(1, PeerId.KeyBytes).Select(i => (byte)i)]);

    public override string Name => "libp2p-messages";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. ProtoEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        yield return new Sample("handshake", [0, .. new NoisePayload(Peer, new byte[64], null).ToMessage()]);
        yield return new Sample(
            "handshake-muxers",
            [0, .. new NoisePayload(Peer, new byte[64], ["/yamux/1.0.0", "/mplex/6.7.0"]).ToMessage()]);
        yield return new Sample("identify-empty", [1, .. new IdentifyInfo().ToMessage(Peer)]);
        yield return new Sample("identify", [1, .. new IdentifyInfo
        {
            ProtocolVersion = "ipfs/0.1.0", Agent = "ägent",
            ListenAddresses =
            [
                Multiaddr.Parse("/ip4/10.0.0.7/tcp/4001"), Multiaddr.Parse("/ip6/::1/tcp/1"),
                Multiaddr.Parse("/dns4/node.example/tcp/2") with { Peer = Peer },
                Multiaddr.Parse("/dns6/a.b/tcp/65535"),
            ],
            ObservedAddress = Multiaddr.Parse("/ip4/127.0.0.1/tcp/7435"),
            Protocols = ["/ipfs/ping/1.0.0", "/pluginnode/frames/1.0.0"],
        }.ToMessage(Peer)]);
    }

    public override Verdict Check(byte[] input)
    {
        if (input.Length == 0) return Verdict.Refused("empty");
        try
        {
            return input[0] % 2 == 0 ? CheckHandshake(input) : CheckIdentify(input);
        }
        catch (Libp2pException e)
        {
            Holds.That(
                e.Fault is Libp2pFault.Malformed or Libp2pFault.Authentication, $"it has another fault: {e.Fault}");
            return Verdict.Refused(e.Message);
        }
    }

    private static Verdict CheckHandshake(byte[] input)
    {
        var payload = Measure.Bounded(16_384 + (16L * input.Length), () => NoisePayload.FromMessage(input.AsSpan(1)));
        var again = NoisePayload.FromMessage(payload.ToMessage());
        Holds.That(
            again.Peer == payload.Peer && again.Signature.AsSpan().SequenceEqual(payload.Signature)
                && (payload.Muxers ?? []).SequenceEqual(again.Muxers ?? []),
            "written again it is another handshake");
        return Verdict.Took($"handshake, {payload.Muxers?.Count ?? -1} muxers");
    }

    private static Verdict CheckIdentify(byte[] input)
    {
        // an empty protocol is two bytes of a message and a reference in a list that doubles
        var info = Measure.Bounded(
            65_536 + (64L * input.Length), () => IdentifyInfo.FromMessage(input.AsSpan(1), Peer));
        var again = IdentifyInfo.FromMessage(info.ToMessage(Peer), Peer);
        Holds.That(
            again.Agent == info.Agent && again.ProtocolVersion == info.ProtocolVersion
                && again.ObservedAddress == info.ObservedAddress
                && again.ListenAddresses.SequenceEqual(info.ListenAddresses)
                && again.Protocols.SequenceEqual(info.Protocols),
            "written again it says something else");
        foreach (var address in info.ListenAddresses)
            Holds.That(
                Multiaddr.TryParse(address.ToString(), out var same) && same == address, $"{address} is no text");
        return Verdict.Took($"identify, {info.ListenAddresses.Count} addresses");
    }
}
