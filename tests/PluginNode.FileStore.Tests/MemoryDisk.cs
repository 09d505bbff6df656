using PluginNode.Storage;

namespace PluginNode.FileStore.Tests;

/// <summary>
/// A folder in memory that records everything that changes it, so that a test can stop after any step, tear the last
/// write, and lose what was not flushed.
/// </summary>
internal sealed class MemoryDisk : IDisk
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private bool _locked;

    public List<Step> Steps { get; } = [];
    public long FreeBytes { get; set; } = long.MaxValue;
    public Func<string, bool>? FailWrite { get; set; }
    public Func<string, bool>? FailDelete { get; set; }
    public int Flushes { get; private set; }

    /// <summary>What every write waits for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;
    public bool OwnerWritten { get; private set; }

    public enum StepKind { Create, Delete, Write, Truncate, Flush, FlushFolder }

    public sealed record Step(StepKind Kind, string Name, long Offset, byte[] Bytes);

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    public static MemoryDisk With(IReadOnlyDictionary<string, byte[]> files)
    {
        var disk = new MemoryDisk();
        foreach (var (name, bytes) in files) disk._files.Add(name, [.. bytes]);
        return disk;
    }

    /// <summary>The disk as it is after so many steps and a part of the next one; what was written but not flushed is
    /// kept or, with <paramref name="loseUnflushed"/>, lost.</summary>
    public static MemoryDisk After(
        IReadOnlyDictionary<string, byte[]> start, IReadOnlyList<Step> steps, int count, int bytesOfNext, bool loseUnflushed)
    {
        var disk = With(start);
        var applied = steps.Take(count).ToList();
        for (var i = 0; i < applied.Count; i++)
        {
            var step = applied[i];
            var durable = applied.Skip(i + 1).Any(s => s.Name == step.Name && s.Kind == StepKind.Flush);
            if (!loseUnflushed || durable || step.Kind != StepKind.Write) disk.Apply(step, step.Bytes.Length);
        }
        if (bytesOfNext > 0 && count < steps.Count) disk.Apply(steps[count], bytesOfNext);
        return disk;
    }

    public IDiskLock TakeLock()
    {
        if (_locked) throw new StoreException("in use");
        _locked = true;
        return new Lock(this);
    }

    public IReadOnlyList<string> List() => [.. _files.Keys.Where(n => !n.Contains('/')).Order(StringComparer.Ordinal)];

    public IDiskFile Open(string name, bool create)
    {
        if (create)
        {
            if (_files.ContainsKey(name)) throw new IOException($"{name} exists");
            Do(new Step(StepKind.Create, name, 0, []));
        }
        else if (!_files.ContainsKey(name)) throw new FileNotFoundException(name);
        return new DiskFile(this, name);
    }

    public void Delete(string name)
    {
        if (FailDelete?.Invoke(name) == true) throw new IOException("it cannot be deleted");
        Do(new Step(StepKind.Delete, name, 0, []));
    }

    public ValueTask FlushFolderAsync()
    {
        Do(new Step(StepKind.FlushFolder, "", 0, []));
        return ValueTask.CompletedTask;
    }

    public void Change(string name, int offset, byte to) => _files[name][offset] = to;

    public void Flip(string name, int offset) => _files[name][offset] ^= 0x5a;

    private void Do(Step step)
    {
        lock (_files)
        {
            Steps.Add(step);
            Apply(step, step.Bytes.Length);
        }
    }

    private void Apply(Step step, int bytes)
    {
        switch (step.Kind)
        {
            case StepKind.Create:
                _files[step.Name] = [];
                break;
            case StepKind.Delete:
                _files.Remove(step.Name);
                break;
            case StepKind.Truncate:
                _files[step.Name] = _files[step.Name][..(int)step.Offset];
                break;
            case StepKind.Write when _files.TryGetValue(step.Name, out var content):
                var end = (int)step.Offset + bytes;
                if (content.Length < end) Array.Resize(ref content, end);
                step.Bytes.AsSpan(0, bytes).CopyTo(content.AsSpan((int)step.Offset));
                _files[step.Name] = content;
                break;
        }
    }

    private sealed class Lock(MemoryDisk disk) : IDiskLock
    {
        public void WriteOwner() => disk.OwnerWritten = true;
        public void Dispose() => disk._locked = false;
    }

    private sealed class DiskFile(MemoryDisk disk, string name) : IDiskFile
    {
        public long Length => disk._files[name].Length;

        public int Read(long offset, Span<byte> buffer)
        {
            lock (disk._files)
            {
                var content = disk._files[name].AsSpan((int)Math.Min(offset, Length));
                var count = Math.Min(content.Length, buffer.Length);
                content[..count].CopyTo(buffer);
                return count;
            }
        }

        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, bool flush)
        {
            await disk.Gate;
            var grows = Math.Max(0, offset + bytes.Length - Length);
            if (grows > disk.FreeBytes) throw new DiskFullException("no space left");
            disk.FreeBytes -= grows;
            disk.Do(new Step(StepKind.Write, name, offset, bytes.ToArray()));
            if (disk.FailWrite?.Invoke(name) == true) throw new IOException("the flush failed");
            if (flush)
            {
                disk.Do(new Step(StepKind.Flush, name, 0, []));
                disk.Flushes++;
            }
        }

        public void Truncate(long length) => disk.Do(new Step(StepKind.Truncate, name, length, []));

        public void Dispose()
        {
        }
    }
}
