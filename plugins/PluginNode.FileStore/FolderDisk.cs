using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PluginNode.Storage;

namespace PluginNode.FileStore;

/// <summary>A real folder. This is the one place of the store that blocks a thread: a pool thread, for write and
/// flush.</summary>
public sealed partial class FolderDisk(string folder) : IDisk
{
    private const UnixFileMode FileMode0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <inheritdoc/>
    public IDiskLock TakeLock()
    {
        MakeFolder(folder);
        MakeFolder(Path.Combine(folder, "quarantine"));
        var owner = Path.Combine(folder, "owner");
        try
        {
            return new Lock(Open(Path.Combine(folder, "lock"), System.IO.FileMode.OpenOrCreate, FileShare.None), owner);
        }
        catch (IOException e) when (!IsHeld(e))
        {
            throw new StoreException($"The store {folder} cannot be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            var holder = File.Exists(owner) ? $"process {File.ReadAllText(owner).Trim()}" : "another process";
            throw new StoreException(
                $"The store {folder} is in use by {holder}. Stop that node first, or give this one another data folder.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException($"The store {folder} cannot be written: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(folder).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IDiskFile Open(string name, bool create) => Do(() => new DiskFile(OpenHandle(
        Path.Combine(folder, name), create ? System.IO.FileMode.CreateNew : System.IO.FileMode.Open)));

    /// <inheritdoc/>
    public void Delete(string name) => Do(() =>
    {
        File.Delete(Path.Combine(folder, name));
        return true;
    });

    /// <inheritdoc/>
    public ValueTask FlushFolderAsync()
    {
        if (OperatingSystem.IsWindows()) return ValueTask.CompletedTask; // NTFS journals names
        return new ValueTask(Task.Run(() =>
        {
            foreach (var path in (string[])[folder, Path.Combine(folder, "quarantine")]) FlushPath(path);
        }));
    }

    /// <summary>What may not be done is a failure of the disk like any other to the store.</summary>
    private static T Do<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Whether another process has the lock: EAGAIN of flock, or a sharing violation.</summary>
    private static bool IsHeld(IOException e) => (e.HResult & 0xffff) is 11 or 32 or 33;

    private static void MakeFolder(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, FileMode0600 | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The store's folder {path} cannot be made: {e.Message}", e);
        }
    }

    private static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = FileMode0600;
        return new FileStream(path, options);
    }

    private static SafeFileHandle OpenHandle(string path, FileMode mode)
    {
        using var made = mode == System.IO.FileMode.CreateNew ? Open(path, mode, FileShare.ReadWrite) : null;
        return File.OpenHandle(path, System.IO.FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    private static void FlushPath(string path)
    {
        var handle = OpenFolder(path, 0);
        if (handle < 0) throw new IOException($"The folder {path} cannot be opened to flush it.");
        try
        {
            if (FSync(handle) != 0) throw new IOException($"The folder {path} cannot be flushed.");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle handle);

    private sealed class Lock(FileStream held, string owner) : IDiskLock
    {
        public void WriteOwner() =>
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");

        public void Dispose() => held.Dispose();
    }

    private sealed class DiskFile(SafeFileHandle handle) : IDiskFile
    {
        private const int DiskFull = 28; // ENOSPC
        private const int DiskFullWindows = unchecked((int)0x80070070);

        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> buffer) => RandomAccess.Read(handle, buffer, offset);

        /// <summary>Writes on the caller's thread: who writes has a pool thread to itself for that long.</summary>
        public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, bool flush)
        {
            Write(offset, bytes.Span, flush);
            return ValueTask.CompletedTask;
        }

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Dispose() => handle.Dispose();

        private void Write(long offset, ReadOnlySpan<byte> bytes, bool flush)
        {
            try
            {
                RandomAccess.Write(handle, bytes, offset);
                if (!flush) return;
                if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(handle);
                else if (FDataSync(handle) != 0) throw Failed(Marshal.GetLastPInvokeError());
            }
            catch (IOException e) when (e.HResult == DiskFullWindows || (e.HResult & 0xffff) == DiskFull
                || e.Message.Contains("No space left", StringComparison.Ordinal))
            {
                throw new DiskFullException("no space left on the device", e);
            }
        }

        private static IOException Failed(int error) => error == DiskFull
            ? new DiskFullException("no space left on the device")
            : new IOException($"fdatasync failed with error {error}");
    }
}
