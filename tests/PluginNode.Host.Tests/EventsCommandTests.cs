using System.Text.Json.Nodes;

namespace PluginNode.Host.Tests;

/// <summary><c>pluginnode events</c>, against a node in this process.</summary>
public sealed class EventsCommandTests
{
    private TestNode _node = null!;
    private string _file = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _node = await TestNode.StartAsync();
        _file = _node.FileForCommands();
    }

    [TearDown]
    public async Task StopAsync() => await _node.DisposeAsync();

    [Test]
    public async Task Emit_ThenShow_AnswersTheEvent()
    {
        var (code, output, error) = await RunAsync("events", "emit", "door", """{"open":true}""", "--json");
        Assert.That(code, Is.Zero, error);
        var id = (string)JsonNode.Parse(output)!["id"]!;
        var shown = await RunAsync("events", "show", id);
        Assert.Multiple(() =>
        {
            Assert.That(shown.Code, Is.Zero, shown.Error);
            Assert.That(shown.Output, Does.Contain(id).And.Contain("door").And.Contain("""{"open":true}"""));
            Assert.That(shown.Output, Does.Match(@"time +20\d\d-\d\d-\d\d "));
        });
        var json = await RunAsync("events", "show", id, "--json");
        Assert.That(JsonNode.Parse(json.Output)!.ToJsonString(), Is.EqualTo(JsonNode.Parse(output)!.ToJsonString()));
    }

    [Test]
    public async Task Emit_FromAFile()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("data.json", "[1, 2]");
        Assert.That((await RunAsync("events", "emit", "door", "--file", path)).Code, Is.Zero);
        Assert.That((await RunAsync("events", "list")).Output, Does.Contain("[1,2]").Or.Contain("[1, 2]"));
        Assert.That((await RunAsync("events", "emit", "door", "--file", folder["none"])).Code, Is.EqualTo(1));
    }

    [TestCase("open")]
    [TestCase("")]
    [TestCase("{} {}")]
    public async Task Emit_WhatIsNoJson_IsWrongUse_AndSaysWhatToDo(string data)
    {
        var (code, _, error) = await RunAsync("events", "emit", "door", data);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.StartWith("data: JSON is needed (a text stands in double quotes)"));
        Assert.That(_node.Host.Node.Kernel.Ledger.Count, Is.Zero);
    }

    [Test]
    public async Task Emit_HalfASurrogatePair_IsWrongUse_AndSaysSo()
    {
        var (code, _, error) = await RunAsync("events", "emit", "door", """{"a":"\ud800"}""");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.StartWith("data: a name or text is not valid"));
    }

    [Test]
    public async Task Emit_WhatBeginsWithAnAt_IsThatText_AndNoFileIsRead()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("args", "secret");
        var (code, _, error) = await RunAsync("events", "emit", "door", $"@{path}");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.StartWith("data: JSON is needed").And.Contain("'@'").And.Not.Contain("secret"));
    }

    [Test]
    public async Task Emit_TooMuch_Is1()
    {
        var (code, _, error) = await RunAsync("events", "emit", "door", $"\"{new string('x', 70_000)}\"");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("65536").Or.Contain("64"));
    }

    [Test]
    public async Task List_WithoutEvents_SaysSo() =>
        Assert.That((await RunAsync("events", "list")).Output.Trim(), Is.EqualTo("no events"));

    [Test]
    public async Task List_IsNewestFirst_AndByServiceSubjectAndLimit()
    {
        for (var i = 0; i < 4; i++)
            Assert.That((await RunAsync("events", "emit", i % 2 == 0 ? "even" : "odd", $"{100 + i}")).Code, Is.Zero);
        var data = await DataAsync();
        var odd = await DataAsync("--service", "odd");
        var both = await DataAsync("--service", "odd", "--service", "even", "--mode", "page");
        Assert.Multiple(async () =>
        {
            Assert.That(data, Is.EqualTo([103, 102, 101, 100]));
            Assert.That(odd, Is.EqualTo([103, 101]));
            Assert.That(both, Is.EqualTo([100, 101, 102, 103]));
            Assert.That(await DataAsync("--limit", "1"), Is.EqualTo([103]));
            Assert.That(await DataAsync("--subject", "nobody"), Is.Empty);
            Assert.That(await DataAsync("--mode", "sample"), Is.EquivalentTo([100, 101, 102, 103]));
        });
    }

    [Test]
    public async Task List_After_GoesOnWhereThePageEnded()
    {
        for (var i = 0; i < 3; i++) _ = await RunAsync("events", "emit", "door", $"{i}");
        var first = await RunAsync("events", "list", "--mode", "page", "--limit", "2", "--json");
        var next = (string)JsonNode.Parse(first.Output)!["next"]!;
        Assert.That(await DataAsync("--after", next), Is.EqualTo([2]));
    }

    [Test]
    public async Task List_Since_IsATimeOrHowLongAgo()
    {
        _ = await RunAsync("events", "emit", "door", "1");
        Assert.That(await DataAsync("--since", "1h"), Is.EqualTo([1]));
        Assert.That(await DataAsync("--since", "2020-01-01"), Is.EqualTo([1]));
        Assert.That(await DataAsync("--since", "2200-01-01T00:00Z"), Is.Empty);
        Assert.That(await DataAsync("--since", "9000000000000000000"), Is.Empty);
        Assert.That((await RunAsync("events", "list", "--since", "yesterday")).Code, Is.EqualTo(2));
    }

    [TestCase("events", "list", "--mode", "slice")]
    [TestCase("events", "list", "--limit", "0")]
    [TestCase("events", "list", "--after", "x")]
    [TestCase("events", "show", "x")]
    [TestCase("events", "emit")]
    [TestCase("events", "emit", "a:b", "1")]
    [TestCase("events", "emit", "door", "1", "--file", "x")]
    public async Task WrongUse_Is2(params string[] args) => Assert.That((await RunAsync(args)).Code, Is.EqualTo(2));

    [Test]
    public async Task Show_AnIdThatIsNotThere_Is1() =>
        Assert.That((await RunAsync("events", "show", new string('0', 32))).Code, Is.EqualTo(1));

    private async Task<int[]> DataAsync(params string[] args)
    {
        var (code, output, error) = await RunAsync(["events", "list", "--json", .. args]);
        Assert.That(code, Is.Zero, error);
        return [.. JsonNode.Parse(output)!["events"]!.AsArray().Select(e => (int)e!["data"]!)];
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] args) =>
        Cli.RunAsync([.. args, "--config", _file]);
}
