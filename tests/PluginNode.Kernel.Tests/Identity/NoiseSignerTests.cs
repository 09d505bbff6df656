using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Identity;

/// <summary>What libp2p's handshakes are signed with, and what a plugin cannot have signed by it.</summary>
[TestFixture]
public sealed class NoiseSignerTests
{
    private static readonly byte[] StaticKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly NodeIdentity _identity = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)7, 32)]);
    private NoiseSigner _signer = null!;

    [SetUp]
    public void SetUp() => _signer = new NoiseSigner(_identity);

    [OneTimeTearDown]
    public void TearDown() => _identity.Dispose();

    [Test]
    public void Sign_IsOverTheTagAndTheKey_AsLibp2pHasIt()
    {
        byte[] text = [.. "noise-libp2p-static-key:"u8, .. StaticKey];
        var signature = Signed();
        Assert.Multiple(() =>
        {
            Assert.That(_signer.Self, Is.EqualTo(_identity.Self));
            Assert.That(Ed25519.Verify(_identity.Self, text, signature), Is.True);
            Assert.That(_signer.VerifyStaticKey(_identity.Self, StaticKey, signature), Is.True);
        });
    }

    [Test]
    public void Verify_AnotherKeyAnotherSignerOrGarbage_IsFalse()
    {
        var signature = Signed();
        using var other = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)8, 32)]);
        Assert.Multiple(() =>
        {
            Assert.That(_signer.VerifyStaticKey(other.Self, StaticKey, signature), Is.False);
            Assert.That(_signer.VerifyStaticKey(_identity.Self, [.. StaticKey.Reverse()], signature), Is.False);
            Assert.That(_signer.VerifyStaticKey(_identity.Self, StaticKey.AsSpan(1), signature), Is.False);
            Assert.That(_signer.VerifyStaticKey(_identity.Self, StaticKey, signature.AsSpan(1)), Is.False);
            Assert.That(_signer.VerifyStaticKey(PeerId.FromPublicKey(new byte[32]), StaticKey, signature), Is.False);
        });
    }

    [TestCase(0), TestCase(31), TestCase(33), TestCase(64)]
    public void Sign_WhatIsNoStaticKey_IsRefused(int bytes) => Assert.That(
        () => _signer.SignStaticKey(new byte[bytes], new byte[64]),
        Throws.ArgumentException.With.Message.Contains("32"));

    [Test]
    public void Sign_WithoutRoom_IsRefused() =>
        Assert.That(() => _signer.SignStaticKey(StaticKey, new byte[63]), Throws.ArgumentException);

    private byte[] Signed()
    {
        var signature = new byte[64];
        _signer.SignStaticKey(StaticKey, signature);
        return signature;
    }
}
