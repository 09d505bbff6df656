using System.Diagnostics;
using System.Text.Json.Nodes;

namespace PluginNode.Host.Tests;

/// <summary>The executable itself, with its exit codes, its log and its signals.</summary>
[Platform(Exclude = "Win", Reason = "There are no such signals.")]
public sealed class ProcessTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Run_Terminated_StopsWithGraceAndEndsWith0()
    {
        _folder.Write("plugins.json", TestNode.Configuration());
        using var node = Start("run");
        var events = new List<JsonNode>();
        while (await node.StandardError.ReadLineAsync() is { } line)
        {
            // Each line is one JSON document, because standard error is no terminal here.
            events.Add(JsonNode.Parse(line)!);
            if (Message(events[^1]) == "ready") Signal(node, "TERM");
        }
        await node.WaitForExitAsync();
        Assert.That(node.ExitCode, Is.Zero);
        Assert.That(events.Select(Message), Has.Some.StartsWith("control API listens on http://127.0.0.1:"));
        Assert.That(Message(events[^1]), Is.EqualTo("stopped"));
    }

    [Test]
    public async Task Run_StartedTwiceOnTheSameFolder_KeepsIdentityAndToken()
    {
        _folder.Write("plugins.json", TestNode.Configuration());
        var seen = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            using var node = Start("run");
            while (await node.StandardError.ReadLineAsync() is { } line)
                if (Message(JsonNode.Parse(line)!) == "ready") node.Kill();
            await node.WaitForExitAsync();
            seen.Add(File.ReadAllText(_folder["data/identity.pem"]) + File.ReadAllText(_folder["data/api.token"]));
        }
        Assert.That(seen[1], Is.EqualTo(seen[0]));
    }

    [TestCase("store", "check")]
    [TestCase("demo")]
    public async Task NoTemporaryFolderCanBeMade_SaysSo_AndEndsWith1(params string[] args)
    {
        _folder.Write("plugins.json", "{}");
        using var command = Start(args, ("TMPDIR", _folder["none"]));
        var said = await command.StandardError.ReadToEndAsync();
        await command.WaitForExitAsync();
        Assert.That(said, Does.Not.Contain("Unhandled").And.Contain("TMPDIR"));
        Assert.That(command.ExitCode, Is.EqualTo(1));
    }

    [TestCase(2, "nonsense")]
    [TestCase(2, "run", "--config", "")]
    [TestCase(2, "run", "--config", "none.json")]
    [TestCase(3, "messages")]
    [TestCase(0, "identity", "--json")]
    public async Task Command_EndsWithItsExitCode(int code, params string[] args)
    {
        _folder.Write("plugins.json", "{}");
        using var command = Start(args);
        var output = command.StandardOutput.ReadToEndAsync();
        await command.StandardError.ReadToEndAsync();
        await output;
        await command.WaitForExitAsync();
        Assert.That(command.ExitCode, Is.EqualTo(code));
    }

    private Process Start(params string[] args) => Start(args, []);

    private Process Start(string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "pluginnode"), args)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private static string Message(JsonNode line) => line["message"]!.GetValue<string>();
}
