namespace PluginNode.Loading;

/// <summary>Whoever may write a plugin's files runs code in the node.</summary>
internal static class FolderSafety
{
    private const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>What is wrong with the first path that others may write, or null.</summary>
    public static string? Problem(string folder)
    {
        if (OperatingSystem.IsWindows()) return null; // access lists there are inherited from the installation
        // Whoever may write the folder above may put another plugin in this one's place.
        var parent = Path.GetDirectoryName(Path.GetFullPath(folder))!;
        if (IsOpen(parent)) return Text(parent, $"chmod go-w {parent}");
        var inside = Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories);
        return inside.Prepend(folder).FirstOrDefault(IsOpen) is { } open ? Text(open, $"chmod -R go-w {folder}") : null;
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static bool IsOpen(string path) => (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;

    private static string Text(string path, string command) =>
        $"Others may write {path}, and so run code in this node. Run: {command}";
}
