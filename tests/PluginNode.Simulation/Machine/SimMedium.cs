namespace PluginNode.Simulation.Machine;

/// <summary>
/// What a disk holds: as the node sees it, and what of it would survive a power cut. A crash keeps any part of what was
/// not flushed: each write whole, torn at sectors or not at all; each name with its file or without.
/// </summary>
internal sealed class SimMedium
{
    private const int SectorBytes = 512;

    private Dictionary<string, Inode> _durableNames = new(StringComparer.Ordinal);

    public Dictionary<string, Inode> Names { get; private set; } = new(StringComparer.Ordinal);

    public DiskFaults Faults { get; set; } = new();

    /// <summary>What everyone can read who holds the disk.</summary>
    public IEnumerable<(string Name, byte[] Bytes)> Images =>
        Names.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => (n.Key, n.Value.Now));

    /// <summary>What its files take, quarantine excepted.</summary>
    public long Bytes =>
        Names.Where(n => !n.Key.Contains('/', StringComparison.Ordinal)).Sum(n => (long)n.Value.Now.Length);

    public void FlushNames() => _durableNames = new Dictionary<string, Inode>(Names, StringComparer.Ordinal);

    /// <summary>The power is cut.</summary>
    public void Crash(Scheduler scheduler)
    {
        var names = new Dictionary<string, Inode>(StringComparer.Ordinal);
        foreach (var name in Names.Keys.Union(_durableNames.Keys).Order(StringComparer.Ordinal))
        {
            var (now, durable) = (Names.GetValueOrDefault(name), _durableNames.GetValueOrDefault(name));
            if ((scheduler.Happens(0.5) ? now : durable) is { } kept) names.Add(name, kept);
        }
        foreach (var (_, inode) in names) inode.Crash(scheduler);
        (Names, _durableNames) = (names, new Dictionary<string, Inode>(names, StringComparer.Ordinal));
    }

    public void Erase()
    {
        Names.Clear();
        _durableNames.Clear();
    }

    /// <summary>The process was killed: the operating system keeps what it was given.</summary>
    public void FlushAll()
    {
        foreach (var inode in Names.Values) inode.Flush();
        FlushNames();
    }

    /// <summary>Flips one bit somewhere in what is stored; null where there is nothing.</summary>
    public string? FlipBit(Scheduler scheduler)
    {
        var files = Names.Where(n => n.Value.Now.Length > 0 && !n.Key.Contains('/', StringComparison.Ordinal))
            .OrderBy(n => n.Key, StringComparer.Ordinal).ToList();
        if (files.Count == 0) return null;
        var (name, inode) = files[scheduler.Below(files.Count)];
        var used = inode.Now.AsSpan().LastIndexOfAnyExcept((byte)0) + 1; // the prepared rest holds nothing to harm
        if (used == 0) return null;
        var at = scheduler.Below(used);
        inode.Flip(at, scheduler.Below(8));
        return $"{name}+{at}";
    }

    internal sealed class Inode
    {
        private readonly List<(long Offset, byte[]? Bytes)> _unflushed = [];
        private readonly List<(long Offset, byte[]? Bytes)> _givenUp = [];
        private byte[] _durable = [];

        public byte[] Now { get; private set; } = [];

        public int Read(long offset, Span<byte> buffer)
        {
            if (offset >= Now.Length) return 0;
            var part = Now.AsSpan((int)offset, (int)Math.Min(buffer.Length, Now.Length - offset));
            part.CopyTo(buffer);
            return part.Length;
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            Now = Put(Now, offset, copy);
            _unflushed.Add((offset, copy));
        }

        public void Truncate(long length)
        {
            _givenUp.RemoveAll(w => w.Offset >= length); // what is cut off is not written back later
            Now = Cut(Now, length);
            _unflushed.Add((length, null));
        }

        public void Flush()
        {
            foreach (var (offset, bytes) in _unflushed)
                _durable = bytes is null ? Cut(_durable, offset) : Put(_durable, offset, bytes);
            _unflushed.Clear();
        }

        public void GiveUpUnflushed()
        {
            _givenUp.AddRange(_unflushed);
            _unflushed.Clear();
        }

        public void Flip(int at, int bit)
        {
            Now[at] ^= (byte)(1 << bit);
            if (at < _durable.Length && !ReferenceEquals(Now, _durable)) _durable[at] ^= (byte)(1 << bit);
        }

        public void Crash(Scheduler scheduler)
        {
            foreach (var (offset, bytes) in _givenUp.Concat(_unflushed))
            {
                if (bytes is null)
                {
                    if (scheduler.Happens(0.5)) _durable = Cut(_durable, offset);
                    continue;
                }
                var fate = scheduler.Below(3);
                if (fate == 0) continue;
                for (var at = 0; at < bytes.Length; at += SectorBytes)
                    if (fate == 1 || scheduler.Happens(0.5))
                        _durable = Put(_durable, offset + at, bytes[at..Math.Min(bytes.Length, at + SectorBytes)]);
            }
            _unflushed.Clear();
            _givenUp.Clear();
            Now = [.. _durable];
        }

        private static byte[] Cut(byte[] bytes, long length)
        {
            if (bytes.Length > length) return bytes[..(int)length];
            if (bytes.Length < length) Array.Resize(ref bytes, (int)length);
            return bytes;
        }

        private static byte[] Put(byte[] bytes, long offset, byte[] part)
        {
            if (offset + part.Length > bytes.Length) Array.Resize(ref bytes, (int)offset + part.Length);
            part.CopyTo(bytes, offset);
            return bytes;
        }
    }
}
