using System.Security.Cryptography;
using Google.Protobuf;
using PluginNode.Identity;
using PluginNode.Wire;

namespace PluginNode.Fuzz.Worlds;

/// <summary>Frames around any bytes, signed together: what a known peer that is hostile, or of another version, can
/// send.</summary>
internal static class SignedBatch
{
    public const ulong Epoch = 7;

    public static List<ReadOnlyMemory<byte>> Of(NodeIdentity sender,
        IReadOnlyList<(ulong Position, byte[] Envelope)> content)
    {
        var tree = new FrameTree(content.Count);
        for (var i = 0; i < content.Count; i++)
            FrameTree.Leaf(Epoch, content[i].Position, SHA256.HashData(content[i].Envelope), tree.LeafAt(i));
        tree.Build();
        var signature = new byte[ISigner.SignatureBytes];
        sender.Sign("frame", tree.Root, signature);

        var frames = new List<ReadOnlyMemory<byte>>();
        for (var i = 0; i < content.Count; i++)
        {
            var proof = new byte[tree.MaxProofBytes];
            frames.Add(new Frame
            {
                Version = FrameCodec.Version,
                Envelope = ByteString.CopyFrom(content[i].Envelope),
                Epoch = Epoch,
                Position = content[i].Position,
                Signature = ByteString.CopyFrom(signature),
                Proof = ByteString.CopyFrom(proof, 0, tree.WriteProof(i, proof)),
                Index = (uint)i,
                Count = (uint)content.Count,
            }.ToByteArray());
        }
        return frames;
    }
}
