using PluginNode.Conformance;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// What a remote sends over yamux, from the first byte to the last, on whose streams everything is read. Whatever it
/// is, the session ends with a reason, everything that was read was sent, and nothing stays behind.
/// </summary>
internal sealed class Libp2pYamuxTarget : FuzzTarget
{
    public override string Name => "libp2p-yamux";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = ByteEdits.All;

    public override IEnumerable<Sample> Samples()
    {
        yield return Of(
            "stream", (YamuxType.WindowUpdate, YamuxFlags.Syn, 1, 0, 0), (YamuxType.Data, YamuxFlags.None, 1, 5, 5),
            (YamuxType.Data, YamuxFlags.Fin, 1, 300, 300));
        yield return Of(
            "streams", (YamuxType.Data, YamuxFlags.Syn, 1, 2, 2), (YamuxType.Data, YamuxFlags.Syn, 3, 2, 2),
            (YamuxType.WindowUpdate, YamuxFlags.Reset, 1, 0, 0), (YamuxType.Data, YamuxFlags.None, 1, 4, 4),
            (YamuxType.WindowUpdate, YamuxFlags.None, 3, 100_000, 0),
            (YamuxType.WindowUpdate, YamuxFlags.Fin, 3, 0, 0));
        yield return Of(
            "session", (YamuxType.Ping, YamuxFlags.Syn, 0, 77, 0), (YamuxType.Ping, YamuxFlags.Ack, 0, 1, 0),
            (YamuxType.GoAway, YamuxFlags.None, 0, 0, 0));
    }

    public override Verdict Check(byte[] input)
    {
        var (end, read) = Measure.Bounded(
            (256 * 1024) + (256L * input.Length), () => OneThread.Run(() => PlayAsync(input)));
        Holds.That(read <= input.Length, $"{read} bytes were read of {input.Length}");
        Holds.That(
            end.Fault is Libp2pFault.Closed or Libp2pFault.Malformed or Libp2pFault.Limit, $"it ends by {end.Fault}");
        Holds.That(!end.Message.StartsWith("The connection was given up", StringComparison.Ordinal), end.Message);
        return end.Fault == Libp2pFault.Closed ? Verdict.Took(end.Message) : Verdict.Refused(end.Message);
    }

    private static async Task<(Libp2pException End, long Read)> PlayAsync(byte[] input)
    {
        long read = 0;
        var readers = new List<Task>();
        using var wire = new OneWay(input);
        var session = new YamuxSession(
            wire, client: false, new YamuxOptions(), StandingTime.Instance, stream => readers.Add(ReadAsync(stream)));
        session.Start();
        var end = await session.Completion;
        await Task.WhenAll(readers);
        Holds.That(session.Buffered == 0, $"{session.Buffered} bytes stay behind");
        return (end, read);

        async Task ReadAsync(YamuxStream stream)
        {
            var buffer = new byte[64];
            try
            {
                while (await stream.ReadAsync(buffer) is > 0 and var count) read += count;
            }
            catch (Libp2pException)
            {
                // it was reset, or the session has ended: told by the session
            }
        }
    }

    private static Sample Of(
        string name, params (YamuxType Type, YamuxFlags Flags, uint Stream, uint Length, int Data)[] frames)
    {
        var bytes = new List<byte>();
        var header = new byte[YamuxHeader.Bytes];
        foreach (var (type, flags, stream, length, data) in frames)
        {
            new YamuxHeader(type, flags, stream, length).Write(header);
            bytes.AddRange(header);
            bytes.AddRange(new byte[data]);
        }
        return new Sample(name, [.. bytes]);
    }

    /// <summary>Gives what it has, and takes everything.</summary>
    private sealed class OneWay(byte[] bytes) : DuplexStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        public override ValueTask DisposeAsync() => default;
    }
}
