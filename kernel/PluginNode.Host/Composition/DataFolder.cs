namespace PluginNode.Composition;

/// <summary>The node's data folder.</summary>
internal static class DataFolder
{
    /// <summary>Makes it where there is none, and finds out now whether it can be written.</summary>
    /// <exception cref="StartException">It can't be made or written.</exception>
    public static void Prepare(string path)
    {
        try
        {
            PrivateFolder.Create(path);
            var probe = Path.Combine(path, ".writable");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"node.data: {path} can't be written: {e.Message}");
        }
    }
}
