using System.Text;
using PluginNode.Conformance;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Identity;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Negotiation;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// A connection from its first byte to its last, made or taken, with a remote that follows a script: negotiation,
/// Noise, and behind the cipher negotiation again, yamux and its streams. Parts: who the remote is (see
/// <see cref="PlayAsync"/>), then its steps. Whatever it does, the connection ends with a reason, soon, and only who
/// has proved its key comes through.
/// </summary>
internal sealed class Libp2pHandshakeTarget : FuzzTarget
{
    // Negotiation twice and two messages of the handshake, each as long as may be, and what was read ahead.
    private const int MostUpgradeBytes = 64 * 1024;

    // What the remote itself makes, which is no more than a few times what it sends, counts too.
    private const int MostAllocated = 8 * HandshakeRemote.MostGiven;

    private const string Echo = "/echo";

    private static readonly Upgrader Upgrader = new(new NoiseSigner(SomeNodes.Receiver));
    private static readonly string[] Stages = ["at first", "in the handshake", "late in the handshake", "behind it"];

    public override string Name => "libp2p-handshake";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. PartEdits.With([.. ByteEdits.All, .. ProtoEdits.All]), .. StepEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        byte[] early = HandshakeRemote.Payload(YamuxSession.Protocol), late = HandshakeRemote.Payload(null);
        byte[] agree = Text("/multistream/1.0.0", "/noise"), muxer = Text("/multistream/1.0.0", "/yamux/1.0.0");
        yield return Of("answers", [0, 0, 0], Raw(agree), Shake(early), Seal(Session(2)));
        yield return Of("answers-expected", [2, 0, 1], Raw(agree), Shake(early), Seal(Session(2)));
        yield return Of("answers-late", [0, 0, 3], Raw(agree), Shake(late), Seal(muxer), Seal(Session(2)));
        yield return Of("dials", [1, 0, 0], Raw(agree), Shake([]), Shake(early), Seal(Session(1)));
        yield return Of(
            "dials-late", [1, 0, 1], Raw(Text("/multistream/1.0.0")), Raw(Text("ls")), Raw(Text("/tls/1.0.0")),
            Raw(Text("/noise")), Shake([]), Shake(late), Seal(Text("/multistream/1.0.0")), Seal(Text("ls")),
            Seal(Text("/mplex/6.7.0")), Seal(Text("/yamux/1.0.0")), Seal(Session(1)));
        yield return Of("dials-silent", [1, 1, 0], Raw(agree), Shake([]), Shake(early), Seal(Session(1)));
        yield return Of("dials-breaks", [1, 2, 2], Raw(agree), Shake([]), Shake(early), Seal(Session(1)));
    }

    public override Verdict Check(byte[] input)
    {
        var (isUp, end, turn) = Measure.Bounded(
            MostAllocated + (64L * input.Length), () => OneThread.Run(() => PlayAsync(input)));
        var how = $"{Stages[turn]}: {end.Fault} {end.Message[..Math.Min(30, end.Message.Length)]}";
        return isUp && end.Fault == Libp2pFault.Closed ? Verdict.Took(how) : Verdict.Refused(how);
    }

    // The first part: whether the remote dials, or answers a dial to anybody, to it, or to another peer; how its part
    // ends; and in what pieces its bytes come.
    private static async Task<(bool IsUp, Libp2pException End, int Turn)> PlayAsync(byte[] input)
    {
        var parts = Parts.Split(input);
        var (who, ends, pieces) = parts is [[var a, var b, var c, ..], ..] ? (a % 4, b % 3, c % 4) : (0, 0, 0);
        using var remote = new HandshakeRemote(
            who == 1, (RemoteEnd)ends, pieces switch { 0 => int.MaxValue, 1 => 1, 2 => 7, _ => 300 }, parts.Skip(1));
        using var giveUp = new CancellationTokenSource();
        PeerId? expected = who switch { 2 => SomeNodes.Sender.Self, 3 => SomeNodes.Stranger.Self, _ => null };
        var upgrade = who == 1
            ? Upgrader.AcceptAsync(remote, giveUp.Token) : Upgrader.DialAsync(remote, expected, giveUp.Token);
        // A remote that says no more is left when the time is up; it is up when nothing else can happen.
        if (await Task.WhenAny(upgrade, remote.Silent) != upgrade && !upgrade.IsCompleted) await giveUp.CancelAsync();
        try
        {
            var (secure, peer) = await upgrade;
            // The last message of the handshake is that of who dials: it may not have been read yet.
            Holds.That(remote.Turn >= (who == 1 ? 3 : 2), "it has come through without a handshake");
            Holds.That(peer == SomeNodes.Sender.Self, $"{peer} has come through");
            Holds.That(expected is null || peer == expected, "another peer than the one that was dialled came through");
            IsSoon(remote);
            return (true, await TalkAsync(remote, secure, who != 1), remote.Turn);
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            return (false, new Libp2pException(Libp2pFault.TimedOut, "It said no more."), remote.Turn);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && ends == (int)RemoteEnd.Breaks)
        {
            return (false, new Libp2pException(Libp2pFault.Closed, "It broke.", e), remote.Turn);
        }
        catch (Libp2pException e)
        {
            Holds.That(
                e.Fault is Libp2pFault.Malformed or Libp2pFault.Limit or Libp2pFault.Authentication
                    or Libp2pFault.NotSupported or Libp2pFault.Closed,
                $"the upgrade ends by {e.Fault}");
            IsSoon(remote);
            return (false, e, remote.Turn);
        }
    }

    private static void IsSoon(HandshakeRemote remote) => Holds.That(
        remote.Given <= MostUpgradeBytes, $"the upgrade took {remote.Given} bytes");

    // As a host does: each stream of the remote's is negotiated and then echoed.
    private static async Task<Libp2pException> TalkAsync(HandshakeRemote remote, Stream secure, bool client)
    {
        var streams = new List<Task>();
        var session = new YamuxSession(
            secure, client, new YamuxOptions(), StandingTime.Instance, stream => streams.Add(EchoAsync(stream)));
        session.Start();
        if (await Task.WhenAny(session.Completion, remote.Silent) != session.Completion) await session.CloseAsync();
        var end = await session.Completion;
        await Task.WhenAll(streams);
        Holds.That(
            end.Fault is Libp2pFault.Closed or Libp2pFault.Malformed or Libp2pFault.Limit
                or Libp2pFault.Authentication,
            $"the session ends by {end.Fault}");
        Holds.That(!end.Message.StartsWith("The connection was given up", StringComparison.Ordinal), end.Message);
        Holds.That(session.Buffered == 0, $"{session.Buffered} bytes stay behind");
        Holds.That(remote.IsDisposed, "the connection is still open");
        return end;
    }

    private static async Task EchoAsync(YamuxStream stream)
    {
        await using (stream)
        {
            try
            {
                await Multistream.AnswerAsync(stream, p => p == Echo, () => [Echo], CancellationToken.None);
                var buffer = new byte[64];
                while (await stream.ReadAsync(buffer) is > 0 and var count)
                    await stream.WriteAsync(buffer.AsMemory(0, count));
                stream.CloseWrite();
            }
            catch (Libp2pException)
            {
                // the stream's own reason; that of the session is checked
            }
        }
    }

    private static Sample Of(string name, byte[] who, params byte[][] steps) => new(name, Parts.Join([who, .. steps]));

    private static byte[] Raw(byte[] bytes) => [(byte)RemoteStep.Raw, .. bytes];

    private static byte[] Shake(byte[] payload) => [(byte)RemoteStep.Shake, .. payload];

    private static byte[] Seal(byte[] text) => [(byte)RemoteStep.Seal, .. text];

    private static byte[] Text(params string[] messages) => MultistreamMessage.Encode(messages);

    // Who dialled opens the odd streams.
    private static byte[] Session(uint stream)
    {
        byte[] hello = [.. Text("/multistream/1.0.0", Echo), .. Encoding.ASCII.GetBytes("hello")];
        return
        [
            .. Frame(YamuxType.Ping, YamuxFlags.Syn, 0, 7),
            .. Frame(YamuxType.Data, YamuxFlags.Syn, stream, (uint)hello.Length), .. hello,
            .. Frame(YamuxType.WindowUpdate, YamuxFlags.Fin, stream, 0),
            .. Frame(YamuxType.GoAway, YamuxFlags.None, 0, 0),
        ];
    }

    private static byte[] Frame(YamuxType type, YamuxFlags flags, uint stream, uint length)
    {
        var header = new byte[YamuxHeader.Bytes];
        new YamuxHeader(type, flags, stream, length).Write(header);
        return header;
    }
}
