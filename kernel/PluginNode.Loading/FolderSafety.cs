namespace PluginNode.Loading;

/// <summary>Whoever may write a plugin's files runs code in the node.</summary>
internal static class FolderSafety
{
    private const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>What is wrong with the first path that others may write, or null.</summary>
    public static string? Problem(string folder)
    {
        if (OperatingSystem.IsWindows()) return null; // access lists there are inherited from the installation
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Prepend(folder))
            if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
                return $"Others may write {path}, and so run code in this node. Run: chmod -R go-w {folder}";
        return null;
    }
}
