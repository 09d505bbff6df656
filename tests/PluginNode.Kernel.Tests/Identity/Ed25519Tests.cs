using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Identity;

[TestFixture]
public sealed class Ed25519Tests
{
    // RFC 8032, section 7.1: seed, public key, message, signature
    private static readonly string[][] Vectors =
    [
        ["9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"],
        ["4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"],
        ["c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"],
    ];

    [TestCaseSource(nameof(Vectors))]
    public void SignAndVerify_Rfc8032_Match(string seed, string publicKey, string message, string signature)
    {
        using var key = Ed25519.ImportSeed(Convert.FromHexString(seed));
        var id = Ed25519.PublicKeyOf(key);
        var made = new byte[64];
        Ed25519.Sign(key, Convert.FromHexString(message), made);
        Assert.Multiple(() =>
        {
            Assert.That(Convert.ToHexStringLower(id.ToPublicKey()), Is.EqualTo(publicKey));
            Assert.That(Convert.ToHexStringLower(made), Is.EqualTo(signature));
            Assert.That(Ed25519.Verify(id, Convert.FromHexString(message), made), Is.True);
        });
        for (var bit = 0; bit < 512; bit += 7)
        {
            var changed = (byte[])made.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(Ed25519.Verify(id, Convert.FromHexString(message), changed), Is.False);
        }
    }

    [Test]
    public void Verify_KeyThatIsNoPoint_IsFalse() =>
        Assert.That(Ed25519.Verify(PeerId.FromPublicKey([.. Enumerable.Repeat((byte)0xff, 32)]), "x"u8, new byte[64]), Is.False);

    [Test]
    public void Verify_ByEitherLibrary_AnswersTheSame()
    {
        if (LibSodium.Name is null) Assert.Ignore("libsodium is not installed (Debian: libsodium23).");
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            using var key = Ed25519.ImportSeed(Bytes(random, 32));
            var (id, text, signature) = (Ed25519.PublicKeyOf(key), Bytes(random, random.Next(200)), new byte[64]);
            Ed25519.Sign(key, text, signature);
            var isWhole = i % 3 == 0;
            if (!isWhole) signature[random.Next(64)] ^= (byte)(1 << random.Next(8));
            if (i % 3 == 1) signature[63] |= 0xE0; // more than the group's order
            Assert.That(Ed25519.Verify(id, text, signature, bySodium: false), Is.EqualTo(isWhole));
            Assert.That(Ed25519.Verify(id, text, signature, bySodium: true), Is.EqualTo(isWhole));
        }
    }

    // R is the neutral point and S = k·a: the equation holds, and of the two libraries only one takes it. A signer who
    // makes such signatures would divide the network.
    [TestCase(true), TestCase(false)]
    public void Verify_SignatureOnAPointOfSmallOrder_IsRefused(bool bySodium)
    {
        if (bySodium && LibSodium.Name is null) Assert.Ignore("libsodium is not installed (Debian: libsodium23).");
        byte[] seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        using var key = Ed25519.ImportSeed(seed);
        var id = Ed25519.PublicKeyOf(key);
        byte[] point = [1, .. new byte[31]];
        var scalar = SHA512.HashData(seed)[..32];
        (scalar[0], scalar[31]) = ((byte)(scalar[0] & 248), (byte)((scalar[31] & 127) | 64));
        var order = BigInteger.Pow(2, 252) + BigInteger.Parse(
            "27742317777372353535851937790883648493", System.Globalization.CultureInfo.InvariantCulture);
        var k = Number(SHA512.HashData([.. point, .. id.ToPublicKey(), .. "x"u8])) % order;
        var s = (k * Number(scalar) % order).ToByteArray(isUnsigned: true);
        byte[] signature = [.. point, .. s, .. new byte[32 - s.Length]];
        Assert.That(Ed25519.Verify(id, "x"u8, signature, bySodium), Is.False);
    }

    [Test]
    public void Sign_OneUse_IsNotAcceptedForAnother()
    {
        using var identity = NodeIdentity.FromSeed(new byte[32]);
        var signature = new byte[64];
        identity.Sign("one", "text"u8, signature);
        Assert.Multiple(() =>
        {
            Assert.That(identity.Verify(identity.Self, "one", "text"u8, signature), Is.True);
            Assert.That(identity.Verify(identity.Self, "other", "text"u8, signature), Is.False);
        });
    }

    [Test]
    public void Sign_PluginAsksForTheKernelsUse_IsRefused()
    {
        using var identity = NodeIdentity.FromSeed(new byte[32]);
        Assert.That(() => new PluginSigner(identity).Sign("frame", "x"u8, new byte[64]), Throws.ArgumentException);
    }

    [TestCase("efcb33572a28cd7d7e429898c33dc80c27f1a3c8451fde8b50da27ad0bc7b755", "12D3KooWRxRKXJopfozsRuaQKCnEsakTiU12cGifpbfwCCEQr3t8")]
    [TestCase("8bf784f80938c19b5a1896e1b565892501038d338c26eecae58628926f344cac", "12D3KooWKEjkEY7YxcnDShiDBxnVPcVtEeQiAmEiDYB3gxwyRX1u")]
    public void PeerId_AsOtherLibp2pProgramsWriteIt(string key, string text)
    {
        var id = PeerId.FromPublicKey(Convert.FromHexString(key));
        Assert.Multiple(() =>
        {
            Assert.That(id.ToString(), Is.EqualTo(text));
            Assert.That(PeerId.Parse(text), Is.EqualTo(id));
            Assert.That(PeerId.TryParse(text[..^1], out _), Is.False);
            Assert.That(PeerId.TryParse(text + "1", out _), Is.False);
            Assert.That(PeerId.TryParse("0" + text[1..], out _), Is.False);
        });
    }

    [FsCheck.NUnit.Property]
    public bool PeerId_AnyKey_RoundTrips(ulong a, ulong b, ulong c, ulong d)
    {
        byte[] key = [.. BitConverter.GetBytes(a), .. BitConverter.GetBytes(b), .. BitConverter.GetBytes(c), .. BitConverter.GetBytes(d)];
        var id = PeerId.FromPublicKey(key);
        return PeerId.Parse(id.ToString()) == id && id.ToPublicKey().SequenceEqual(key);
    }

    [Test]
    public void DeriveKey_KnownAnswer_UsesSeedAndPublicKey()
    {
        using var identity = NodeIdentity.FromSeed(
            Convert.FromHexString("ef261872c656adbd0a26a737d39e0fc50b0a4079547bff624e0d227e5e0dd17f"));
        Assert.Multiple(() =>
        {
            Assert.That(identity.Self.ToString(), Is.EqualTo("12D3KooWSPaegbhTE534JCtum1HYXiXPJjfjnpb5RySKYQy9XjTs"));
            Assert.That(Convert.ToHexStringLower(identity.DeriveKey([], "oc-discovery/dnt-cache/v1", 32)),
                Is.EqualTo("7667c227e7573fe2f3fe291cc2076e818491b282075c81de1bcb737b5d61b047"));
            Assert.That(identity.Did, Does.StartWith("did:key:z6Mk"));
            Assert.That(Encoding.ASCII.GetByteCount(identity.Did), Is.EqualTo(56));
        });
    }

    private static BigInteger Number(byte[] littleEndian) => new(littleEndian, isUnsigned: true);

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
