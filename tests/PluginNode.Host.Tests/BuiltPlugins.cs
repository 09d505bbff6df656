namespace PluginNode.Host.Tests;

/// <summary>Plugins as they were built beside these tests.</summary>
internal static class BuiltPlugins
{
    /// <summary>Puts one into a plugins folder.</summary>
    public static void Install(string project, TemporaryFolder plugins)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory); // artifacts/bin/<project>/<configuration>/
        var target = Directory.CreateDirectory(plugins[project]).FullName;
        var source = Path.Combine(built.Parent!.Parent!.FullName, project, built.Name);
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        foreach (var path in Directory.EnumerateFileSystemEntries(plugins.Path, "*", SearchOption.AllDirectories))
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~others);
    }

    /// <summary>A configuration that loads them.</summary>
    public static string Configuration(TemporaryFolder plugins, string more = "") =>
        TestNode.Configuration($$""" "plugins": { "folder": "{{plugins.Path}}" }, {{more}} """);
}
