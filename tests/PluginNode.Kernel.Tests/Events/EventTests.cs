using PluginNode.Events;

namespace PluginNode.Kernel.Tests.Events;

[TestFixture]
public sealed class EventTests
{
    [Test]
    public void Event_KeepsCopies()
    {
        var (signature, data) = (new byte[64], "1"u8.ToArray());
        var made = new Event(default, 1, "s", "", "", signature, data);
        (signature[0], data[0]) = (9, (byte)'9');
        Assert.That((made.Signature.Span[0], made.Data.Span[0]), Is.EqualTo(((byte)0, (byte)'1')));
    }

    [Test]
    public void Event_OutOfBounds_IsTheCallersMistake()
    {
        var longName = new string('é', 129); // 258 bytes
        Assert.Multiple(() =>
        {
            Assert.That(() => new Event(default, 0, "s", "", "", [], "1"u8), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => new Event(default, 1, "a:b", "", "", [], "1"u8), Throws.ArgumentException);
            Assert.That(() => new Event(default, 1, "s", longName, "", [], "1"u8), Throws.ArgumentException);
            Assert.That(() => new Event(default, 1, "s", "", longName, [], "1"u8), Throws.ArgumentException);
            Assert.That(() => new Event(default, 1, "s", "", "", new byte[63], "1"u8), Throws.ArgumentException);
            Assert.That(() => new Event(default, 1, "s", "", "", [], []), Throws.ArgumentException);
            Assert.That(
                () => new Event(default, 1, "s", "", "", [], new byte[Event.MaxDataBytes + 1]),
                Throws.ArgumentException);
        });
    }

    [Test]
    public void EventReading_Default_IsNotValid() =>
        Assert.That((default(EventReading).IsValid, default(EventReading).Actor), Is.EqualTo((false, "")));

    [FsCheck.NUnit.Property]
    public bool EventId_Any_RoundTripsAndKeepsItsOrder(ulong a, ulong b, ulong c)
    {
        var (one, other) = (new EventId(new UInt128(a, b)), new EventId(new UInt128(c, b)));
        return EventId.TryParse(one.ToString(), out var read) && read == one
            && Math.Sign(one.CompareTo(other)) == Math.Sign(string.CompareOrdinal(one.ToString(), other.ToString()));
    }

    [TestCase("Svc", "svc", true)]
    [TestCase("ſvc", "svc", true)]
    [TestCase("to\u212Aen", "token", true)]
    [TestCase("ßvc", "svc", false)]
    [TestCase("svcs", "svc", false)]
    [TestCase("sv", "svc", false)]
    [TestCase("ſ", "svc", false)]
    [TestCase("", "svc", false)]
    [TestCase("[vc", "{vc", false)] // they differ by the same bit as letters do
    public void MemberName_Same_FoldsAsGoDoes(string received, string name, bool same) => Assert.That(
        MemberName.Same(System.Text.Encoding.UTF8.GetBytes(received), System.Text.Encoding.UTF8.GetBytes(name)),
        Is.EqualTo(same));
}
