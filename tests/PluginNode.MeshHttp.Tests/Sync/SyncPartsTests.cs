using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests.Sync;

[TestFixture]
public sealed class SyncPartsTests
{
    /// <summary>Its requests are a stranger's, and its answers nobody's, also where its key was learned.</summary>
    [Test]
    public void KeyOf_WhoIsOnlySentTo_HasNone()
    {
        var ring = new KeyRing();
        var (listed, sentTo, learned) = (ring.NewSigner().Self, ring.NewSigner().Self, ring.NewSigner().Self);
        var peers = new PeerList();
        peers.Add("listed", listed);
        peers.AddToSendOnly(sentTo);
        var parts = new SyncParts(null!, null!, null!, new Learned(learned));
        Assert.Multiple(() =>
        {
            Assert.That(parts.KeyOf("listed", peers), Is.EqualTo(listed));
            Assert.That(parts.KeyOf(sentTo.ToString(), peers), Is.Null);
            Assert.That(parts.KeyOf("somebody", peers), Is.EqualTo(learned));
        });
    }

    private sealed class Learned(PeerId key) : IEventKeys
    {
        public PeerId? Find(string name) => key;

        public IReadOnlyList<string> Names() => [];
    }
}
