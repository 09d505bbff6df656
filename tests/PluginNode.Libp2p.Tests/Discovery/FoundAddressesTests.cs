using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Discovery;

[TestFixture]
internal sealed class FoundAddressesTests
{
    private static readonly PeerId Peer = TestIdentity.Fresh().Self;

    private readonly ManualTimeProvider _time = new();
    private FoundAddresses _found = null!;

    [SetUp]
    public void SetUp() => _found = new FoundAddresses(_time);

    [Test]
    public void Address_StaysUntilItsTimeIsUp()
    {
        Assert.That(Add(1, 300), Is.True);
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.That(Ports, Is.EqualTo(new[] { 1 }));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Ports, Is.Empty);
        Assert.That(Add(1, 300), Is.True, "it is new again");
    }

    [Test]
    public void Address_HeardAgain_IsNotNew_AndBeginsItsTimeAgain()
    {
        Add(1, 300);
        _time.Advance(TimeSpan.FromSeconds(200));
        Assert.That(Add(1, 300), Is.False);
        _time.Advance(TimeSpan.FromSeconds(200));
        Assert.That(Ports, Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Address_TakenBack_IsGone()
    {
        Add(1, 300);
        Add(2, 300);
        Assert.That(Add(1, 0), Is.False);
        Assert.That(Add(3, 0), Is.False);
        Assert.That(Ports, Is.EqualTo(new[] { 2 }));
    }

    [TestCase(1u, 120), TestCase(600u, 600), TestCase(uint.MaxValue, 4500)]
    public void Time_OfAnAddress_IsBounded(uint told, int seconds)
    {
        Add(1, told);
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.That(Ports, Has.Length.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Ports, Is.Empty);
    }

    [Test]
    public void Addresses_OfAPeer_AreEightAtMost_ThoseThatWereHeardOfLast()
    {
        for (var port = 1; port <= 9; port++)
        {
            Add(port, 300);
            _time.Advance(TimeSpan.FromSeconds(1));
            Add(1, 300); // the first one is heard of all the time
        }
        Assert.That(Ports, Is.EqualTo(new[] { 1, 9, 8, 7, 6, 5, 4, 3 }));
    }

    [Test]
    public void Asking_IsDueBeforeTheTimeIsUp_Twice()
    {
        Assert.That(_found.UntilAsking, Is.EqualTo(TimeSpan.MaxValue));
        Add(1, 1000);
        Assert.That(_found.UntilAsking, Is.EqualTo(TimeSpan.FromSeconds(800)));
        _time.Advance(TimeSpan.FromSeconds(500));
        _found.Asking(); // for another reason
        Assert.That(_found.UntilAsking, Is.EqualTo(TimeSpan.FromSeconds(300)));
        _time.Advance(TimeSpan.FromSeconds(300));
        _found.Asking();
        Assert.That(_found.UntilAsking, Is.EqualTo(TimeSpan.FromSeconds(100)));
        _time.Advance(TimeSpan.FromSeconds(100));
        _found.Asking();
        Assert.That(_found.UntilAsking, Is.EqualTo(TimeSpan.MaxValue));
    }

    private int[] Ports => [.. _found.Of(Peer).Select(a => a.Port)];

    private bool Add(int port, uint ttl) => _found.Add(
        new FoundAddress(
            Multiaddr.Parse($"/ip4/192.168.1.9/tcp/{port}") with { Peer = Peer }, TimeSpan.FromSeconds(ttl)));
}
