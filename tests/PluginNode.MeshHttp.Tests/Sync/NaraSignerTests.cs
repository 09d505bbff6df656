using PluginNode.Identity;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What a plugin cannot have signed.</summary>
[TestFixture]
internal sealed class NaraSignerTests
{
    private static readonly NodeIdentity Key = SyncVectors.Identities["alice"];
    private readonly NaraSigner _signer = new(Key, "alice");

    [TestCase("")]
    [TestCase("pluginnode/frame/1")]
    [TestCase("attestation:v2:x")]
    [TestCase("a\0")]
    public void Name_ThatCouldBeginAnotherText_IsRefused(string name) =>
        Assert.That(() => new NaraSigner(Key, name), Throws.ArgumentException.With.Message.Contains("nara network"));

    [TestCase("PUT", "/events/sync")]
    [TestCase("", "/events/sync")]
    [TestCase("POST", "")]
    [TestCase("POST", "events")]
    [TestCase("POST", "/a=")]
    [TestCase("POST", "/a:b")]
    [TestCase("POST", "/a\n")]
    public void SignRequest_OfAnotherShape_IsRefused(string method, string path) =>
        Assert.That(() => _signer.SignRequest(1, method, path, new byte[64]), Throws.ArgumentException);

    [Test]
    public void Sign_OutOfBounds_IsRefused()
    {
        Assert.That(() => _signer.SignRequest(-1, "POST", "/", new byte[64]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => _signer.SignResponse(1, new byte[31], new byte[64]), Throws.ArgumentException);
        Assert.That(() => _signer.SignResponse(1, new byte[32], new byte[63]), Throws.ArgumentException);
        Assert.That(() => _signer.SignEvents(-1, [], new byte[64]), Throws.InstanceOf<ArgumentException>());
        var longPath = "/" + new string('a', 128);
        Assert.That(() => _signer.SignRequest(1, "POST", longPath, new byte[64]), Throws.ArgumentException);
    }

    [Test]
    public void Verify_WithGarbage_IsFalse()
    {
        Assert.That(_signer.Verify(Key.Self, [1, 2], []), Is.False);
        Assert.That(_signer.Verify(PeerId.FromPublicKey(new byte[32]), [1, 2], new byte[64]), Is.False);
    }
}
