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
            "Show the point in under a minute: two nodes of their own, one down, the other killed, and the message arrives once");
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
            using var ann = new DemoNode(Path.Combine(folder.FullName, "ann"), "ann", installed, pluginsFolder);
            using var bob = new DemoNode(Path.Combine(folder.FullName, "bob"), "bob", installed, pluginsFolder);
            await output.WriteLineAsync($"Two nodes, in {folder.FullName}: ann sends, bob receives.\n");
            var ok = await new DemoStory(ann, bob, timeline).PlayAsync(cancellation);
            await output.WriteLineAsync(ok
                ? "\nThe message arrived once, though its receiver was down and its sender was killed."
                : "\nThis is not what was promised.");
            return ok ? ExitCode.Done : ExitCode.Failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
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
