using System.Security.Cryptography;
using Google.Protobuf;
using PluginNode.Identity;

namespace PluginNode.Wire;

/// <summary>An envelope's bytes with the lane position that they are about to be sent at.</summary>
internal readonly record struct Outgoing(Guid Id, byte[] Envelope, ulong Position);

/// <summary>Signs what goes out, and decodes and checks what comes in.</summary>
internal sealed class FrameSealer(ISigner signer, ulong epoch, int maxPayload)
{
    private const string Use = "frame";

    /// <summary>Frames for envelopes that are sent together, under one signature.</summary>
    public List<Transports.Frame> Sign(IReadOnlyList<Outgoing> outgoing)
    {
        var leaves = new byte[outgoing.Count][];
        for (var i = 0; i < leaves.Length; i++)
            leaves[i] = FrameTree.Leaf(epoch, outgoing[i].Position, SHA256.HashData(outgoing[i].Envelope));
        var tree = new FrameTree(leaves);
        var signature = new byte[ISigner.SignatureBytes];
        signer.Sign(Use, tree.Root, signature);

        var frames = new List<Transports.Frame>(leaves.Length);
        for (var i = 0; i < leaves.Length; i++)
        {
            var frame = new Frame
            {
                Version = FrameCodec.Version,
                Envelope = UnsafeByteOperations.UnsafeWrap(outgoing[i].Envelope),
                Epoch = epoch,
                Position = outgoing[i].Position,
                Signature = UnsafeByteOperations.UnsafeWrap(signature),
            };
            if (leaves.Length > 1)
            {
                frame.Proof = UnsafeByteOperations.UnsafeWrap(tree.Proof(i));
                frame.Index = (uint)i;
                frame.Count = (uint)leaves.Length;
            }
            frames.Add(new Transports.Frame(outgoing[i].Id, frame.ToByteArray()));
        }
        return frames;
    }

    /// <summary>
    /// Decodes a batch of an authenticated sender. For each frame either an incoming message, or the outcome that says
    /// why not: what the sender's own signature condemns is <i>refused</i>, all else is <i>retry</i>.
    /// </summary>
    public (Incoming? Message, Transports.SendOutcome Outcome)[] Open(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var proofs = new FrameProofs((root, signature) => signer.Verify(from, Use, root.Span, signature.Span));
        var result = new (Incoming?, Transports.SendOutcome)[frames.Count];
        for (var i = 0; i < result.Length; i++) result[i] = Open(from, frames[i], proofs);
        return result;
    }

    private (Incoming?, Transports.SendOutcome) Open(PeerId from, ReadOnlyMemory<byte> bytes, FrameProofs proofs)
    {
        if (FrameCodec.Decode(bytes, maxPayload, out var reason) is not { } frame) return (null, Retry(default, reason));
        if (FrameCodec.DecodeEnvelope(frame.Envelope, out reason) is not { } envelope)
            return (null, Retry(default, reason));

        var id = FrameCodec.ReadId(envelope.Id);
        if (PeerId.FromPublicKey(envelope.From.Span) != from)
            return (null, Refused(id, "the envelope is from another peer than the one that sent it"));
        var hash = SHA256.HashData(frame.Envelope.Span);
        var leaf = FrameTree.Leaf(frame.Epoch, frame.Position, hash);
        if (!proofs.Verify(leaf, frame.Proof.Span, frame.Index, frame.Count, frame.Signature.Memory))
            return (null, Refused(id, "the envelope's signature does not hold"));
        if (PeerId.FromPublicKey(envelope.To.Span) != signer.Self)
            return (null, Refused(id, "the envelope is for another peer"));
        return envelope.Payload.Length > maxPayload
            ? (null, Refused(id, $"the payload has more than {maxPayload} bytes"))
            : (new Incoming(id, envelope, envelope.Key, frame.Epoch, frame.Position, FrameCodec.Short(hash)), default);
    }

    private static Transports.SendOutcome Retry(Guid id, string reason) =>
        new(id, Transports.SendStatus.Retry, reason);

    private static Transports.SendOutcome Refused(Guid id, string reason) =>
        new(id, Transports.SendStatus.Refused, reason);
}
