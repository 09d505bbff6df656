using System.Buffers;
using System.Security.Cryptography;
using Google.Protobuf;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Wire;

/// <summary>
/// The frames of one window, encoded into one pooled buffer. It goes back to its pool when this is disposed: not before
/// every transport that was given the frames has come back.
/// </summary>
internal sealed class SignedFrames : IDisposable
{
    // version, epoch, position, signature, index and count with their tags, and the tags of envelope and proof
    private const int FixedMost = 160;

    private readonly byte[] _buffer;
    private readonly IReadOnlyList<Outgoing> _outgoing;

    public SignedFrames(IReadOnlyList<Outgoing> outgoing, ulong epoch, SignRoot sign)
    {
        var tree = new FrameTree(outgoing.Count);
        var envelopes = outgoing.Sum(o => o.Envelope.CalculateSize());
        var (at, framesAt, proofAt) = (0, envelopes, (2 * envelopes) + (outgoing.Count * (FixedMost + tree.MaxProofBytes)));
        _buffer = ArrayPool<byte>.Shared.Rent(proofAt + tree.MaxProofBytes);

        var places = new ReadOnlyMemory<byte>[outgoing.Count];
        Span<byte> hash = stackalloc byte[FrameTree.HashBytes];
        for (var i = 0; i < places.Length; i++)
        {
            var place = _buffer.AsMemory(at, outgoing[i].Envelope.CalculateSize());
            outgoing[i].Envelope.WriteTo(place.Span);
            SHA256.HashData(place.Span, hash);
            FrameTree.Leaf(epoch, outgoing[i].Position, hash, tree.LeafAt(i));
            (places[i], at) = (place, at + place.Length);
        }
        tree.Build();
        var signature = new byte[ISigner.SignatureBytes];
        sign(tree.Root, signature);

        var frame = new Frame
        {
            Version = FrameCodec.Version, Epoch = epoch, Signature = UnsafeByteOperations.UnsafeWrap(signature),
        };
        var frames = new Transports.Frame[places.Length];
        for (var i = 0; i < frames.Length; i++)
        {
            frame.Envelope = UnsafeByteOperations.UnsafeWrap(places[i]);
            frame.Position = outgoing[i].Position;
            if (frames.Length > 1)
            {
                var proof = _buffer.AsMemory(proofAt, tree.WriteProof(i, _buffer.AsSpan(proofAt)));
                frame.Proof = UnsafeByteOperations.UnsafeWrap(proof);
                frame.Index = (uint)i;
                frame.Count = (uint)frames.Length;
            }
            var place = _buffer.AsMemory(framesAt, frame.CalculateSize());
            frame.WriteTo(place.Span);
            frames[i] = new Transports.Frame(outgoing[i].Id, place);
            framesAt += place.Length;
        }
        Frames = frames;
        _outgoing = outgoing;
    }

    /// <summary>Signs the root of the tree.</summary>
    public delegate void SignRoot(ReadOnlySpan<byte> root, Span<byte> signature);

    public IReadOnlyList<Transports.Frame> Frames { get; }

    /// <summary>
    /// What may be sent now over a transport: frames of at most so many bytes, and raw messages of the protocols that
    /// are raw there. Nothing overtakes in its lane: what stands behind a larger frame stays, and so does what stands
    /// behind a raw message, or is one behind frames, for those go one by one.
    /// </summary>
    public (IReadOnlyList<Transports.Frame> Frames, IReadOnlyList<RawMessage> Raw) For(
        int mostBytes, Predicate<string>? isRaw)
    {
        if (Frames.All(f => f.Bytes.Length <= mostBytes)
            && (isRaw is null || !_outgoing.Any(o => isRaw(o.Envelope.Protocol)))) return (Frames, []);
        var (begun, held) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var (frames, raw) = (new List<Transports.Frame>(), new List<RawMessage>());
        foreach (var (i, frame) in Frames.Index())
        {
            var envelope = _outgoing[i].Envelope;
            if (held.Contains(envelope.Key)) continue;
            if (isRaw?.Invoke(envelope.Protocol) == true)
            {
                held.Add(envelope.Key);
                if (!begun.Contains(envelope.Key))
                    raw.Add(new RawMessage(frame.Id, envelope.Protocol, envelope.Payload.Memory));
            }
            else if (frame.Bytes.Length > mostBytes) held.Add(envelope.Key);
            else
            {
                begun.Add(envelope.Key);
                frames.Add(frame);
            }
        }
        return (frames, raw);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
