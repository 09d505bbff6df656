using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Tests.Fakes;

/// <summary>The keys of a test's nodes. A signature is an HMAC that only the registry can make and check.</summary>
internal sealed class KeyRing
{
    public ConcurrentDictionary<PeerId, byte[]> Keys { get; } = new();

    public TestSigner NewSigner()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var id = PeerId.FromPublicKey(RandomNumberGenerator.GetBytes(PeerId.KeyBytes));
        Keys[id] = secret;
        return new TestSigner(this, id);
    }
}

internal sealed class TestSigner(KeyRing ring, PeerId self) : ISigner
{
    public PeerId Self => self;

    public void Sign(string use, ReadOnlySpan<byte> message, Span<byte> signature) =>
        Mac(self, use, message, signature);

    public bool Verify(PeerId signer, string use, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!ring.Keys.ContainsKey(signer)) return false;
        Span<byte> expected = stackalloc byte[ISigner.SignatureBytes];
        Mac(signer, use, message, expected);
        return expected.SequenceEqual(signature);
    }

    private void Mac(PeerId signer, string use, ReadOnlySpan<byte> message, Span<byte> signature) =>
        HMACSHA512.HashData(ring.Keys[signer], [.. Encoding.ASCII.GetBytes(use), 0, .. message], signature);
}
