using System.Globalization;

namespace PluginNode.Composition;

/// <summary>
/// The node's data folder, held for one process. Held before anything in it is touched: the plugins' private copies of
/// a
/// running node must not be cleared away by a second one that then finds its store in use.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "node.lock";
    private const string OwnerName = "node.pid";

    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Makes it where there is none, finds out whether it can be written, and holds it.</summary>
    /// <exception cref="StartException">It can't be made or written, or another process holds it.</exception>
    public static DataFolder Hold(string path)
    {
        try
        {
            PrivateFolder.Create(path);
            var held = Lock(path);
            var owner = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            File.WriteAllText(Path.Combine(path, OwnerName), owner);
            return new DataFolder(held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"node.data: {path} can't be written: {e.Message}");
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        var file = Path.Combine(path, LockName);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(Path.Combine(path, OwnerName)) && File.Exists(file))
        {
            var owner = File.ReadAllText(Path.Combine(path, OwnerName));
            throw new StartException(
                $"node.data: {path} is in use by process {owner}. Stop that node first, or give this one another folder");
        }
    }
}
