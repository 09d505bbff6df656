namespace PluginNode.Identity;

/// <summary>Files that only their owner reads.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a file, and its folder, where there is none. Nobody sees a part of it; another process that makes
    /// it at the same time wins or loses as a whole.</summary>
    /// <param name="path">Where.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="IOException">It can't be made, and is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made, and is not there.</exception>
    public static void Create(string path, ReadOnlySpan<byte> content)
    {
        var part = $"{path}.{Environment.ProcessId}.new";
        try
        {
            CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(part, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && File.Exists(path))
        {
            // Somebody else made it.
        }
        finally
        {
            if (File.Exists(part)) File.Delete(part);
        }
    }

    /// <summary>Makes a folder, and those above it, that only its owner opens.</summary>
    public static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
    }
}
