namespace PluginNode.Loading;

/// <summary>
/// Plugins run from private copies, so that replacing a plugin's files never touches code that runs: on Linux overwriting
/// a loaded assembly kills the process, on Windows it is locked.
/// </summary>
internal static class ShadowCopy
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder of the copy. One that is already there is used if its content is right, else made anew.</summary>
    /// <exception cref="PluginLoadException">The copy is not what was to be copied: the plugin is being changed just now.</exception>
    public static string Make(string source, string runFolder, string id, string hash)
    {
        var ofPlugin = Path.Combine(runFolder, id);
        var target = Path.Combine(ofPlugin, hash);
        if (Directory.Exists(target) && ContentHash.Of(target) == hash) return target;
        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        MakeFolder(target);
        foreach (var file in ContentHash.Files(source))
        {
            var copy = Path.Combine(target, file);
            MakeFolder(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(source, file), copy);
        }
        if (ContentHash.Of(target) != hash)
            throw new PluginLoadException($"The files in {source} changed while they were copied. Restart the node.");
        return target;
    }

    /// <summary>Removes copies of other contents; one that is still in use elsewhere stays.</summary>
    public static void RemoveOthers(string runFolder, string id, string hash)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(runFolder, id)))
        {
            if (Path.GetFileName(folder) == hash) continue;
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Loaded by somebody else: the next start tries again, and it does no harm meanwhile.
            }
        }
    }

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly);
    }
}
