using PluginNode.Identity;

using System.Globalization;

namespace PluginNode.Composition;

/// <summary>
/// The node's data folder, held for one process. Held before anything in it is touched: the plugins' private copies of
/// a running node must not be cleared away by a second one that then finds its store in use.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "node.lock";
    private const string OwnerName = "node.pid";

    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LinuxWouldBlock = 11;
    private const int BsdWouldBlock = 35;

    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Makes it where there is none, finds out whether it can be written, and holds it.</summary>
    /// <exception cref="StartException">It can't be made or written, or another process holds it.</exception>
    public static DataFolder Hold(string path)
    {
        try
        {
            PrivateFile.CreateFolder(path);
            var held = Lock(path);
            var owner = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            File.WriteAllText(Path.Combine(path, OwnerName), owner);
            return new DataFolder(held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e.Message.TrimEnd('.');
            throw new StartException(
                $"node.data: {path} can't be written: {why}. Make it writable, or name another folder");
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
        catch (IOException e) when (IsHeld(e) && File.Exists(Path.Combine(path, OwnerName)))
        {
            var owner = File.ReadAllText(Path.Combine(path, OwnerName));
            throw new StartException(
                $"node.data: {path} is in use by process {owner}. Stop that node first, or give this one another folder");
        }
    }

    // A file that can't be opened for another reason, such as a read-only disk, is held by nobody.
    private static bool IsHeld(IOException e)
    {
        if (OperatingSystem.IsWindows()) return e.HResult == SharingViolation;
        return e.HResult == (OperatingSystem.IsLinux() ? LinuxWouldBlock : BsdWouldBlock);
    }
}
