namespace PluginNode.Libp2p.Raw;

[TestFixture]
internal sealed class RawProtocolsTests
{
    private static readonly RawProtocols Some = new(["/some/", "/other/1.0"]);

    [TestCase("/some/x/1", true), TestCase("/some/", true), TestCase("/other/1.0", true)]
    [TestCase("/some", false), TestCase("/other/1.0/x", false), TestCase("/other/1", false), TestCase("", false)]
    [TestCase("/Some/x", false), TestCase("/some/x\0", false), TestCase("/some/a b", false)]
    public void Has_TakesWholeIdsAndBeginnings(string protocol, bool has) =>
        Assert.That(Some.Has(protocol), Is.EqualTo(has));

    [Test]
    public void Has_LongerThanTheNodeTakes_IsNone()
    {
        Assert.That(Some.Has("/some/".PadRight(255, 'x')), Is.True);
        Assert.That(Some.Has("/some/".PadRight(256, 'x')), Is.False);
    }

    [Test]
    public void Named_AreThoseThatAreNoBeginnings() => Assert.That(Some.Named, Is.EqualTo(new[] { "/other/1.0" }));
}
