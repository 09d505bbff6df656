using System.Net;
using PluginNode.Conformance.Fakes;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Discovery;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// What anybody on the network may send for multicast DNS. What is read is the same once it is written again; what is
/// found can be dialled and is not much; and a question is answered with a message of our own.
/// </summary>
internal sealed class Libp2pMdnsTarget : FuzzTarget
{
    private const int MostFound = 32;

    // Names that refer to one another: each entry has one of 255 bytes, or two, and as text twice that.
    private const int Fixed = 8 * 2 * DnsName.MostBytes * DnsMessage.MostEntries;

    private static readonly PeerService Service = new(SomeNodes.Receiver.Self, new SeededChance(1));
    private static readonly Multiaddr[] Own = [Multiaddr.Parse("/ip4/192.168.1.7/tcp/4001")];
    private static readonly DnsName Peers = DnsName.Of("_p2p", "_udp", "local");

    public override string Name => "libp2p-mdns";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        yield return new Sample("query", PeerService.Query);
        yield return new Sample("answer", new PeerService(SomeNodes.Sender.Self, new SeededChance(2)).Answer(
            Asked.Peers | Asked.Services, [.. Own, Multiaddr.Parse("/ip6/fd00::7/tcp/1")], 120));
        var instance = DnsName.Of("k9z", "_p2p", "_udp", "local");
        yield return new Sample("known", new DnsMessage(
            false, [new DnsQuestion(Peers, DnsType.Pointer), new DnsQuestion(instance, DnsType.Any)],
            [new PointerRecord(Peers, 4500, instance)]).ToBytes());
        // as others write it: names in pieces, and records of kinds that are passed over
        yield return new Sample("pieces", Convert.FromHexString(
            "000084000000000300000000"
            + "045f703270045f756470056c6f63616c00" + "000c000100000078" + "0006" + "036b397ac00c"
            + "c027" + "0010800100000078" + "0004" + "03613d62" + "c016" + "0001800100000078" + "0004" + "c0a80107"));
    }

    public override Verdict Check(byte[] input)
    {
        DnsMessage message;
        try
        {
            message = Measure.Bounded(Fixed + (64L * input.Length), () => DnsMessage.Read(input));
        }
        catch (Libp2pException e)
        {
            Holds.That(e.Fault is Libp2pFault.Malformed or Libp2pFault.Limit, $"it has another fault: {e.Fault}");
            return Verdict.Refused(e.Message);
        }
        CheckWritten(message);
        if (!message.IsResponse)
        {
            var asked = Service.AskedBy(message);
            var answer = DnsMessage.Read(Service.Answer(asked, Own, 1));
            Holds.That(answer.IsResponse && answer.Questions.Count == 0, "it is answered with something else");
            return Verdict.Took($"{asked}");
        }
        var found = PeerService.Found(message);
        Holds.That(found.Count <= MostFound, $"{found.Count} addresses are found in one message");
        foreach (var address in found.Select(f => f.Address))
            Holds.That(
                address.Peer is not null && address.Port > 0 && IPAddress.TryParse(address.Host, out _)
                    && Multiaddr.Parse(address.ToString()) == address,
                $"{address} cannot be dialled");
        return Verdict.Took($"found {(found.Count == 0 ? "nobody" : "somebody")}");
    }

    private static void CheckWritten(DnsMessage message)
    {
        var written = message.ToBytes();
        if (written.Length > DnsMessage.MostBytes) return; // it was shorter with its names in pieces
        var again = DnsMessage.Read(written);
        Holds.That(
            again.IsResponse == message.IsResponse && again.Questions.SequenceEqual(message.Questions)
                && again.Records.Select(Text).SequenceEqual(message.Records.Select(Text)),
            "written again it says something else");
    }

    private static string Text(DnsRecord record) => record is TextRecord text
        ? $"{text.Name} {text.Ttl} {string.Join('|', text.Texts)}" : $"{record}";
}
