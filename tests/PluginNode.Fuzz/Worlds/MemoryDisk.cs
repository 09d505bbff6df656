using PluginNode.FileStore;

namespace PluginNode.Fuzz.Worlds;

/// <summary>A folder in memory that never fails, from which everything is read back as it was written.</summary>
internal sealed class MemoryDisk : IDisk
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    public void Put(string name, byte[] content) => _files[name] = [.. content];

    public IDiskLock TakeLock() => new Lock();

    public IReadOnlyList<string> List() => [.. _files.Keys.Where(n => !n.Contains('/', StringComparison.Ordinal))];

    public IDiskFile Open(string name, bool create)
    {
        if (create) _files.Add(name, []);
        return _files.ContainsKey(name) ? new DiskFile(_files, name) : throw new FileNotFoundException(name);
    }

    public void Delete(string name) => _files.Remove(name);

    public ValueTask FlushFolderAsync() => ValueTask.CompletedTask;

    private sealed class DiskFile(SortedDictionary<string, byte[]> files, string name) : IDiskFile
    {
        public long Length => files[name].Length;

        public int Read(long offset, Span<byte> buffer)
        {
            var content = files[name].AsSpan((int)Math.Min(offset, Length));
            content = content[..Math.Min(content.Length, buffer.Length)];
            content.CopyTo(buffer);
            return content.Length;
        }

        public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, bool flush)
        {
            var content = files[name];
            if (content.Length < offset + bytes.Length) Array.Resize(ref content, (int)offset + bytes.Length);
            bytes.Span.CopyTo(content.AsSpan((int)offset));
            files[name] = content;
            return ValueTask.CompletedTask;
        }

        public void Truncate(long length) => files[name] = files[name][..(int)length];

        public void Dispose()
        {
            // The bytes stay with the disk.
        }
    }

    private sealed class Lock : IDiskLock
    {
        public void WriteOwner()
        {
            // One store has this disk.
        }

        public void Dispose()
        {
            // As above.
        }
    }
}
