using PluginNode.Events;

namespace PluginNode.Kernel.Tests.Events;

[TestFixture]
public sealed class EventKindsTests
{
    [Test]
    public void Of_RegisteredAndNot_GivesTheKindOrCanonicalJson()
    {
        var kinds = new EventKinds();
        var kind = new RawKind("a-b", "a_b");
        Assert.That(kinds.Add(kind, "one"), Is.Null);
        Assert.Multiple(() =>
        {
            Assert.That(kinds.Of("a-b"), Is.SameAs(kind));
            Assert.That(kinds.Of("A-B"), Is.TypeOf<CanonicalKind>());
            Assert.That(kinds.Services, Is.EqualTo(["a-b"]));
        });
    }

    [Test]
    public void Add_SecondKindOfAService_IsRefusedWithBothNamed()
    {
        var kinds = new EventKinds();
        var first = new RawKind("a", "x");
        kinds.Add(first, "one");
        Assert.Multiple(() =>
        {
            Assert.That(
                kinds.Add(new RawKind("a", "y"), "two"),
                Does.Contain("'one'").And.Contain("'two'").And.Contain("'a'"));
            Assert.That(kinds.Of("a"), Is.SameAs(first));
        });
    }

    [TestCase("", "x")]
    [TestCase("a:b", "x")]
    [TestCase("a\n", "x")]
    [TestCase("a", "")]
    [TestCase("a", "Emitter_Id")]
    [TestCase("a", "é")]
    public void Add_ServiceOrMemberThatCannotBe_IsRefused(string service, string member)
    {
        var kinds = new EventKinds();
        Assert.That(kinds.Add(new RawKind(service, member), "one"), Does.Contain("'one'"));
        Assert.That(kinds.Services, Is.Empty);
    }
}
