using System.CommandLine;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Demo;

namespace PluginNode.Commands;

/// <summary><c>pluginnode demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var command = new Command("demo",
            "Show the point: a message arrives once, though its receiver is down and its sender is killed; and a node "
            + "with an empty ledger recovers what others remember");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var (installed, pluginsFolder) = await InstalledAsync(parsed, cancellation);
        var folder = TemporaryFolder.Create("pluginnode-demo-");
        var timeline = new Timeline(output, TimeProvider.System);
        try
        {
            using var ann = Node("ann");
            using var bob = Node("bob");
            await output.WriteLineAsync($"Deliver. Two nodes, in {folder.FullName}: ann sends, bob receives.\n");
            var delivered = await new DemoStory(ann, bob, timeline).PlayAsync(cancellation);
            await output.WriteLineAsync(delivered
                ? "\nThe message arrived once, though its receiver was down and its sender was killed.\n"
                : "\nThis is not what was promised.\n");
            await ann.KillAsync();
            await bob.KillAsync();

            using var cara = Node("cara");
            using var dan = Node("dan");
            using var eve = Node("eve");
            await output.WriteLineAsync("Remember. Three nodes record 50 000 events; then fay joins them.\n");
            var remembered = await new RememberStory([cara, dan, eve], peers => Node("fay", peers), timeline)
                .PlayAsync(cancellation);
            await output.WriteLineAsync(remembered
                ? "\nThe whole history was recovered, verified, and the node says how complete it is."
                : "\nThis is not what was promised.");
            return delivered && remembered ? ExitCode.Done : ExitCode.Failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        DemoNode Node(string name, params IEnumerable<PeerSection> peers) =>
            new(Path.Combine(folder.FullName, name), name, installed, pluginsFolder, peers);
    }

    /// <summary>The configuration beside the executable, or the one that is named; and where its plugins lie.</summary>
    private static async Task<(string Text, string PluginsFolder)> InstalledAsync(
        ParseResult parsed, CancellationToken cancellation)
    {
        var named = parsed.GetResult(Shared.Config) is { Implicit: false };
        var beside = Path.Combine(AppContext.BaseDirectory, ConfigurationFile.DefaultName);
        var path = named ? parsed.GetValue(Shared.Config)! : beside;
        if (!named && !File.Exists(beside))
            return (await InitCommand.TemplateAsync(cancellation), Path.Combine(AppContext.BaseDirectory, "plugins"));
        var settings = ConfigurationFile.Read(path);
        try
        {
            return (await File.ReadAllTextAsync(settings.File, cancellation), settings.PluginsFolder);
        }
        catch (IOException e)
        {
            throw new StartException($"{path} can't be read: {e.Message}");
        }
    }
}
