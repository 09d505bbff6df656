using PluginNode.FileStore;
using PluginNode.Storage;

namespace PluginNode.Simulation.Machine;

/// <summary>How a disk misbehaves while it is used. Chances are for each operation.</summary>
internal sealed record DiskFaults(
    double FailedWrite = 0, double FailedFlush = 0, double FailedRead = 0, double SlowWrite = 0, bool Full = false);

/// <summary>The disk of one life of a node, over a medium that outlives it.</summary>
internal sealed class SimDisk(Scheduler scheduler, SimMedium medium, TimeProvider time, string owner) : IDisk
{
    public IDiskLock TakeLock() => new Lock();

    public IReadOnlyList<string> List() =>
        [.. medium.Names.Keys.Where(n => !n.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public IDiskFile Open(string name, bool create)
    {
        scheduler.CheckThread();
        if (create)
        {
            if (medium.Names.ContainsKey(name)) throw new IOException($"{name} exists");
            if (medium.Faults.Full) throw new DiskFullException("no space left on the simulated disk");
            medium.Names.Add(name, new SimMedium.Inode());
        }
        return medium.Names.TryGetValue(name, out var inode)
            ? new DiskFile(this, medium, inode, name) : throw new FileNotFoundException(name);
    }

    public void Delete(string name)
    {
        Detail($"deletes {name}");
        medium.Names.Remove(name);
    }

    public async ValueTask FlushFolderAsync()
    {
        await WaitAsync();
        if (scheduler.Happens(medium.Faults.FailedFlush)) throw new IOException("the simulated folder flush failed");
        medium.FlushNames();
    }

    private Task WaitAsync()
    {
        var slow = scheduler.Happens(medium.Faults.SlowWrite);
        var most = TimeSpan.FromMilliseconds(slow ? 2000 : 3);
        return Task.Delay(scheduler.Between(TimeSpan.FromMicroseconds(50), most), time);
    }

    private sealed class DiskFile(SimDisk disk, SimMedium medium, SimMedium.Inode inode, string name) : IDiskFile
    {
        public long Length => inode.Now.Length;

        public int Read(long offset, Span<byte> buffer)
        {
            disk.Check();
            if (disk.Happens(medium.Faults.FailedRead)) throw new IOException("the simulated read failed");
            return inode.Read(offset, buffer);
        }

        public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, bool flush)
        {
            disk.Check();
            if (medium.Faults.Full && offset + bytes.Length > inode.Now.Length)
                throw new DiskFullException("no space left on the simulated disk");
            inode.Write(offset, bytes.Span);
            disk.Detail($"writes {name}+{offset}, {bytes.Length} bytes{(flush ? ", to be flushed" : "")}");
            await disk.WaitAsync();
            if (disk.Happens(medium.Faults.FailedWrite)) throw new IOException("the simulated write failed");
            if (!flush) return;
            await disk.WaitAsync();
            if (disk.Happens(medium.Faults.FailedFlush))
            {
                inode.GiveUpUnflushed(); // what it kept is unknown, and no later flush makes it durable
                throw new IOException("the simulated flush failed");
            }
            inode.Flush();
            disk.Detail($"has flushed {name}");
        }

        public void Truncate(long length)
        {
            disk.Detail($"cuts {name} to {length}");
            inode.Truncate(length);
        }

        public void Dispose()
        {
            // Nothing is held: an open file is its inode.
        }
    }

    private void Detail(string what) => scheduler.Trace.Detail(owner, what);

    private void Check() => scheduler.CheckThread();

    private bool Happens(double chance) => scheduler.Happens(chance);

    private sealed class Lock : IDiskLock
    {
        public void WriteOwner()
        {
            // One life at a time holds a medium, by construction of the run.
        }

        public void Dispose()
        {
            // As above.
        }
    }
}
