using System.CommandLine;
using System.Text.Json;
using PluginNode.Composition;

namespace PluginNode.Commands;

/// <summary><c>pluginnode init</c>.</summary>
internal static class InitCommand
{
    private const string FolderHere = "\"folder\": \"plugins\"";

    public static Command Create()
    {
        var command = new Command("init", "Write a configuration file where there is none");
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = Path.GetFullPath(parsed.GetValue(Shared.Config)!);
            try
            {
                await WriteAsync(path, cancellation);
            }
            catch (IOException) when (File.Exists(path))
            {
                throw new StartException($"{path} exists already; it was left as it is");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StartException($"{path} can't be written: {e.Message}");
            }
            Shared.Screen(parsed).Line($"{{\"file\":{Quote(path)}}}", $"wrote {path}; 'pluginnode run' starts the node");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The configuration that comes with the node.</summary>
    public static async Task<string> TemplateAsync(CancellationToken cancellation)
    {
        using var stream = typeof(InitCommand).Assembly.GetManifestResourceStream("plugins.json")!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellation);
    }

    private static async Task WriteAsync(string path, CancellationToken cancellation)
    {
        var text = await TemplateAsync(cancellation);
        var folder = Path.GetDirectoryName(path)!;
        var ours = Path.Combine(AppContext.BaseDirectory, "plugins");
        if (Directory.Exists(ours) && !Directory.Exists(Path.Combine(folder, "plugins")))
            text = text.Replace(FolderHere, $"\"folder\": {Quote(ours)}", StringComparison.Ordinal);
        Directory.CreateDirectory(folder);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        await using var writer = new StreamWriter(file);
        await writer.WriteAsync(text.AsMemory(), cancellation);
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
