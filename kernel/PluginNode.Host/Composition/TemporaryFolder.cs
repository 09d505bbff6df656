namespace PluginNode.Composition;

/// <summary>Makes folders for a while.</summary>
internal static class TemporaryFolder
{
    /// <summary>Makes an empty one, which only its owner may enter.</summary>
    /// <exception cref="StartException">It can't be made.</exception>
    public static DirectoryInfo Create(string prefix)
    {
        try
        {
            return Directory.CreateTempSubdirectory(prefix);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"no folder can be made in {Path.GetTempPath()}: {e.Message} Set TMPDIR to one that can be written");
        }
    }
}
