namespace PluginNode.FileStore;

/// <summary>
/// The folder that a store lives in, and all that the store asks of a disk: small enough that a test can replay every
/// prefix of what was written, and a simulation can lose what was not flushed. Names have no folder, or
/// <c>quarantine/</c>. Errors are <see cref="IOException"/>; a full medium has <see cref="DiskFullException"/>.
/// </summary>
public interface IDisk
{
    /// <summary>Takes the lock that makes this process the owner, until the result is disposed.</summary>
    /// <exception cref="Storage.StoreException">Another process holds it; the message says which.</exception>
    IDiskLock TakeLock();

    /// <summary>The names of the files, without those of sub-folders, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>Opens a file for reading and writing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="create">Makes a new one, mode 0600; else it must be there.</param>
    IDiskFile Open(string name, bool create);

    /// <summary>Removes a file. Durable after the next <see cref="FlushFolderAsync"/>.</summary>
    void Delete(string name);

    /// <summary>Makes creations and removals durable.</summary>
    ValueTask FlushFolderAsync();
}

/// <summary>An open file. Reads may come from any thread; writes come one at a time.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Reads up to the buffer's length; 0 at the end.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes, and with <paramref name="flush"/> completes only when it is on stable storage.</summary>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, bool flush);

    /// <summary>Cuts the file. Durable after the next flush.</summary>
    void Truncate(long length);
}

/// <summary>The ownership of a store's folder.</summary>
public interface IDiskLock : IDisposable
{
    /// <summary>Writes this process's id beside the lock, for who finds it taken.</summary>
    void WriteOwner();
}

/// <summary>The medium is full.</summary>
public sealed class DiskFullException(string message, Exception? inner = null) : IOException(message, inner);
