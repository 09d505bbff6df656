using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Identity;

[TestFixture]
public sealed class PublicKeysTests
{
    // The encodings of the eight points of small order, and of those with x = 0 and its sign set.
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000080")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("0100000000000000000000000000000000000000000000000000000000000080")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [TestCase("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [TestCase("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [TestCase("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")]
    [TestCase("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [TestCase("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")]
    public void Problem_SmallOrder_IsTold(string key) => Assert.That(Problem(key), Does.Contain("small order"));

    [TestCase("0200000000000000000000000000000000000000000000000000000000000000", TestName = "no root")]
    [TestCase("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", TestName = "0, not reduced")]
    [TestCase("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", TestName = "1, not reduced")]
    [TestCase("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", TestName = "the largest")]
    public void Problem_NoPoint_IsTold(string key) => Assert.That(Problem(key), Does.Contain("no point"));

    // RFC 8032, section 7.1, the public keys of tests 1 to 3
    [TestCase("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")]
    [TestCase("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")]
    [TestCase("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")]
    public void Problem_OfAKey_IsNone(string key) => Assert.That(Problem(key), Is.Null);

    [Test]
    public void Problem_OfKeysThatOpenSslMade_IsNone()
    {
        for (byte seed = 0; seed < 100; seed++)
        {
            using var identity = NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
            Assert.That(PublicKeys.Problem(identity.Self), Is.Null, $"seed {seed}");
        }
    }

    private static string? Problem(string key) => PublicKeys.Problem(PeerId.FromPublicKey(Convert.FromHexString(key)));
}
