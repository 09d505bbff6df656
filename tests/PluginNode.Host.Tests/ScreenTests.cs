using PluginNode.Commands;

namespace PluginNode.Host.Tests;

public sealed class ScreenTests
{
    private const string Stranger = "/x\e[31mred\a\r\n";

    [Test]
    public void Table_ControlCharacters_DoNotReachTheTerminal()
    {
        using var output = new StringWriter();
        new Screen(output, json: false).Table("", "", ["protocol"], [[Stranger]]);
        Assert.That(output.ToString(), Does.Contain("/x [31mred").And.Not.Contain("\e").And.Not.Contain("\a"));
    }

    [Test]
    public void Table_TooWide_WrapsItsLastColumnAndNoOther()
    {
        using var output = new StringWriter();
        var why = string.Join(' ', Enumerable.Repeat("because", 200));
        new Screen(output, json: false).Table(
            "", "", ["neighbour", "outcome", "why"], [["neighbour-1", "failed-at-once", why]]);
        Assert.That(output.ToString(), Does.Match("neighbour-1 +failed-at-once +because because"));
    }

    [Test]
    public void Fields_ControlCharacters_DoNotReachTheTerminal()
    {
        using var output = new StringWriter();
        new Screen(output, json: false).Fields("", [("protocol", Stranger)]);
        Assert.That(output.ToString(), Does.Contain("/x [31mred").And.Not.Contain("\e").And.Not.Contain("\a"));
    }
}
