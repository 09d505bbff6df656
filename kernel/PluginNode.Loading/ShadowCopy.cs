using Microsoft.Extensions.Logging;

namespace PluginNode.Loading;

/// <summary>
/// Plugins run from private copies, so that replacing a plugin's files never touches code that runs: on Linux
/// overwriting a loaded assembly kills the process, on Windows it is locked.
/// </summary>
internal static class ShadowCopy
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder of the copy. One that is there is used if its content is right, else made anew.</summary>
    /// <exception cref="PluginLoadException">
    /// The copy is not what was to be copied: the plugin is being changed just now.
    /// </exception>
    public static string Make(string source, string runFolder, string id, string hash)
    {
        var ofPlugin = Path.Combine(runFolder, id);
        var target = Path.Combine(ofPlugin, hash);
        // Before anything is verified: whoever could write here could replace what was just found to be right.
        foreach (var folder in (string[])[runFolder, ofPlugin]) MakeFolder(folder);
        if (Directory.Exists(target))
        {
            MakeFolder(target);
            if (ContentHash.Of(target) == hash) return target;
            Directory.Delete(target, recursive: true);
        }
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
    public static void RemoveOthers(string runFolder, string id, string hash, ILogger logger)
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
                LogMessages.CopyStays(logger, folder, e.Message); // the next start tries again
            }
        }
    }

    private static void MakeFolder(string path)
    {
        Directory.CreateDirectory(path);
        // Not by the mode given at creation: a folder that was there already keeps its own.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, OwnerOnly);
    }
}
