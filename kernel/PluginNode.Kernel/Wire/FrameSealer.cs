using System.Security.Cryptography;
using PluginNode.Identity;

namespace PluginNode.Wire;

/// <summary>An envelope with the lane position that it is about to be sent at.</summary>
internal readonly record struct Outgoing(Guid Id, Envelope Envelope, ulong Position);

/// <summary>Signs what goes out, and decodes and checks what comes in.</summary>
internal sealed class FrameSealer(ISigner signer, ulong epoch)
{
    private const string Use = "frame";

    /// <summary>Frames for envelopes that are sent together, under one signature.</summary>
    public SignedFrames Sign(IReadOnlyList<Outgoing> outgoing) => new(outgoing, epoch, (root, signature) =>
        signer.Sign(Use, root, signature));

    /// <summary>
    /// Decodes a batch of an authenticated sender. For each frame either an incoming message, or the outcome that says
    /// why not: what the sender's own signature condemns is <i>refused</i>, all else is <i>retry</i>.
    /// </summary>
    public (Incoming? Message, Transports.SendOutcome Outcome)[] Open(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var proofs = new FrameProofs((root, signature) => signer.Verify(from, Use, root, signature));
        var result = new (Incoming?, Transports.SendOutcome)[frames.Count];
        for (var i = 0; i < result.Length; i++) result[i] = Open(from, frames[i], proofs);
        return result;
    }

    private (Incoming?, Transports.SendOutcome) Open(PeerId from, ReadOnlyMemory<byte> bytes, FrameProofs proofs)
    {
        if (FrameCodec.Decode(bytes, out var reason) is not { } frame) return (null, Retry(default, reason));
        if (FrameCodec.DecodeEnvelope(frame.Envelope) is not { } envelope)
            return (null, Retry(default, "not an envelope"));

        var id = FrameCodec.ReadId(envelope.Id);
        if (PeerId.FromPublicKey(envelope.From.Span) != from)
            return (null, Refused(id, "the envelope is from another peer than the one that sent it"));
        Span<byte> hash = stackalloc byte[FrameTree.HashBytes];
        Span<byte> leaf = stackalloc byte[FrameTree.HashBytes];
        SHA256.HashData(frame.Envelope.Span, hash);
        FrameTree.Leaf(frame.Epoch, frame.Position, hash, leaf);
        if (!proofs.Verify(leaf, frame.Proof.Span, frame.Index, frame.Count, frame.Signature.Span))
            return (null, Refused(id, "the envelope's signature does not hold"));
        if (PeerId.FromPublicKey(envelope.To.Span) != signer.Self)
            return (null, Refused(id, "the envelope is for another peer"));
        return FrameCodec.Problem(envelope) is { } problem
            ? (null, Refused(id, problem))
            : (new Incoming(id, envelope, envelope.Key, frame.Epoch, frame.Position, FrameCodec.Short(hash)), default);
    }

    private static Transports.SendOutcome Retry(Guid id, string reason) =>
        new(id, Transports.SendStatus.Retry, reason);

    private static Transports.SendOutcome Refused(Guid id, string reason) =>
        new(id, Transports.SendStatus.Refused, reason);
}
