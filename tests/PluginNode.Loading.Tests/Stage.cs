using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace PluginNode.Loading;

/// <summary>Folders for one test: plugins copied from where the fixtures are built, and what a load needs.</summary>
internal sealed class Stage : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("pluginnode-loading-").FullName;

    public Stage() => Directory.CreateDirectory(Plugins);

    public string Plugins => Path.Combine(_root, "plugins");

    public string Run => Path.Combine(_root, "run");

    public string Base => Path.Combine(_root, "base");

    public string Data => Path.Combine(_root, "data");

    /// <summary>Copies a fixture into the plugins folder, under its own name or with its main file renamed.</summary>
    public string Add(string fixture, string? name = null, string? mainFile = null)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var source = Path.Combine(built.Parent!.Parent!.FullName, fixture, built.Name);
        var target = Directory.CreateDirectory(Path.Combine(Plugins, name ?? fixture)).FullName;
        foreach (var file in Directory.EnumerateFiles(source))
        {
            // A plugin in a folder of another name: the main file and what belongs to it are named after the folder.
            var isMain = Path.GetFileName(file).StartsWith((mainFile ?? fixture) + ".", StringComparison.Ordinal);
            var copy = isMain && name is not null
                ? name + Path.GetFileName(file)[(mainFile ?? fixture).Length..] : Path.GetFileName(file);
            File.Copy(file, Path.Combine(target, copy), overwrite: true);
        }
        MakeSafe();
        return target;
    }

    public PluginLoadRequest Request() => new()
    {
        PluginsFolder = Plugins, RunFolder = Run, BaseFolder = Base, DataFolder = Data, AddKernelServices = _ => { },
    };

    public IReadOnlyList<LoadedPlugin> Load() => PluginLoader.Load(Request());

    public static IReadOnlyDictionary<string, JsonElement> Settings(string id, string json) =>
        new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [id] = JsonElement.Parse(json) };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // Whatever the tests' umask is: a folder that others may write is a case of its own.
    private void MakeSafe()
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        var inside = Directory.EnumerateFileSystemEntries(Plugins, "*", SearchOption.AllDirectories);
        foreach (var path in inside.Prepend(Plugins))
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~others);
    }
}

internal static class LoadedPluginExtensions
{
    /// <summary>What the plugin's one service says of itself.</summary>
    public static string? Says(this LoadedPlugin plugin) =>
        plugin.Services!.GetRequiredService<Delivery.IDeliveryPolicy>().ToString();
}
