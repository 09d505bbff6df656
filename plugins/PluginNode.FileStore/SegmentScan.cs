namespace PluginNode.FileStore;

/// <summary>A place of a segment that holds no sound frame.</summary>
internal readonly record struct BadPlace(long Offset, long Bytes, string What, long? Sequence);

/// <summary>
/// Reads a segment without the key: sound frames, damage between them, and what a crash cut off at the end. Writes
/// nothing.
/// </summary>
internal sealed class SegmentScan
{
    public const string BadChecksum = "bad checksum";
    public const string CutTail = "cut tail";
    public const string BadEndMark = "bad end mark";

    /// <summary>Longer than any run of zeros in a frame's fixed part, and than any that chance makes.</summary>
    private const int LeastZeros = FrameFormat.FixedBytes;

    private readonly WindowedReader _reader;
    private readonly List<(long Offset, FrameHead Head)> _frames = [];
    private readonly List<BadPlace> _bad = [];

    private SegmentScan(IDiskFile file) => _reader = new WindowedReader(file);

    public IReadOnlyList<(long Offset, FrameHead Head)> Frames => _frames;
    public IReadOnlyList<BadPlace> Bad => _bad;

    /// <summary>Behind the last frame or bad place; where a write was cut off, before that write: nothing behind it
    /// was ever promised.</summary>
    public long End { get; private set; }

    /// <param name="file">The segment.</param>
    /// <param name="everyBody">Whether to check all bodies, or only those of the last write, which a crash could have
    /// torn.</param>
    /// <param name="progress">Told the bytes read, now and then.</param>
    public static SegmentScan Read(IDiskFile file, bool everyBody, Action<long>? progress = null)
    {
        var scan = new SegmentScan(file);
        scan.ReadFrames(progress);
        var last = scan.LastGroup;
        scan.CheckBodies(everyBody);
        scan.DropTorn();
        scan.DropUnfinished();
        // The write before one that was cut off had ended, or that one would not have begun: what is wrong in it is
        // damage, to be mended now. At the next opening it is the last, and would look torn itself.
        if (!everyBody && scan.LastGroup != last) scan.CheckBodies(every: false, hasEnded: true);
        foreach (var place in scan._bad.Where(b => b.What == CutTail)) scan.End = Math.Min(scan.End, place.Offset);
        return scan;
    }

    /// <summary>The sequences that a frame of removals names.</summary>
    public long[] Removals(long offset, in FrameHead head)
    {
        var bytes = _reader.At(offset + FrameFormat.FixedBytes, head.HeaderBytes);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(bytes).ToArray();
    }

    private long? LastGroup => _frames.Count == 0 ? null : _frames[^1].Head.Group;

    private void ReadFrames(Action<long>? progress)
    {
        for (var at = 0L; at < _reader.Length;)
        {
            if (Sound(at, out var head))
            {
                _frames.Add((at, head));
                at += head.Bytes;
                End = at;
                if (_frames.Count % 4096 == 0) progress?.Invoke(at);
                continue;
            }
            var next = FindFrame(at + 1);
            var end = _reader.EndOfData(at, next);
            if (end > at) AddBad(at, end, isLast: next == _reader.Length);
            at = next;
        }
        progress?.Invoke(_reader.Length);
    }

    private void AddBad(long from, long to, bool isLast)
    {
        // A frame that was written whole ends with the end mark; what a crash cut does not. What is shorter than a
        // frame is none, whatever it ends with, and could not be overwritten with one that holds nothing.
        var whole = to - from >= FrameFormat.FixedBytes + FrameFormat.TrailerBytes
            && _reader.At(to - 4, 4).SequenceEqual(FrameFormat.End);
        _bad.Add(new BadPlace(from, to - from, isLast && !whole ? CutTail : BadChecksum, null));
        End = to;
    }

    private bool Sound(long at, out FrameHead head) =>
        FrameFormat.TryRead(_reader.At(at, FrameFormat.FixedBytes), out head)
        && at + head.Bytes <= _reader.Length
        && FrameFormat.HeaderHolds(_reader.At(at, FrameFormat.FixedBytes + head.HeaderBytes));

    private long FindFrame(long from)
    {
        const int step = 128 * 1024;
        for (var at = from; at < _reader.Length;)
        {
            var found = _reader.At(at, step).IndexOf(FrameFormat.Magic);
            if (found < 0) at += step - FrameFormat.Magic.Length + 1;
            else if (Sound(at + found, out _)) return at + found;
            else at += found + 1;
        }
        return _reader.Length;
    }

    private void CheckBodies(bool every, bool hasEnded = false)
    {
        if (_frames.Count == 0) return;
        var lastGroup = _frames[^1].Head.Group;
        for (var i = 0; i < _frames.Count; i++)
        {
            var (offset, head) = _frames[i];
            if (!every && head.Group != lastGroup) continue;
            var end = offset + head.Bytes;
            if (Body(offset, head, out var mark))
            {
                // Everything is there: a mark that is damaged, or was cut off, costs nothing and is written again.
                if (mark != FrameFormat.EndMark)
                    _bad.Add(new BadPlace(end - 4, 4, BadEndMark, head.Key.Sequence));
                continue;
            }
            // No byte of the mark is zero: where its last one is, and nothing follows, the write never came so far.
            var torn = !hasEnded && mark >> 24 == 0 && _reader.EndOfData(end, _reader.Length) == end;
            _bad.Add(new BadPlace(offset, head.Bytes, torn ? CutTail : BadChecksum, head.Key.Sequence));
            _frames.RemoveAt(i--);
        }
    }

    private bool Body(long offset, in FrameHead head, out uint mark)
    {
        var bytes = _reader.At(
            offset + FrameFormat.FixedBytes + head.HeaderBytes, head.BodyBytes + FrameFormat.TrailerBytes);
        var trailer = bytes[head.BodyBytes..];
        mark = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
        return FrameFormat.BodyHolds(bytes[..head.BodyBytes], trailer);
    }

    /// <summary>
    /// A disk may keep any parts of its last write and lose others, also in the middle. Where one of them still is the
    /// zeros that the segment was prepared with, that write never ended, and nothing of it was ever promised. Damage to
    /// what was written looks different: a ciphertext has no run of zeros, and what stands for damage has none either.
    /// </summary>
    private void DropTorn()
    {
        if (_frames.Count == 0) return;
        var group = _frames[^1].Head.Group;
        var first = _frames.Count - 1; // not the first of that group: all frames that hold nothing have the same
        while (first > 0 && _frames[first - 1].Head.Group == group) first--;
        var start = first == 0 ? 0 : _frames[first - 1].Offset + _frames[first - 1].Head.Bytes;
        var last = _frames[^1].Offset; // what is behind it may be another write
        var inside = _bad.FindAll(b => b.Offset >= start && b.Offset < last && b.What == BadChecksum);
        if (!inside.Exists(b => HasZeros(b))) return;
        foreach (var (offset, head) in _frames[first..])
            _bad.Add(new BadPlace(offset, head.Bytes, CutTail, head.Key.Sequence));
        _frames.RemoveRange(first, _frames.Count - first);
        for (var i = 0; i < _bad.Count; i++)
            if (_bad[i].Offset >= start) _bad[i] = _bad[i] with { What = CutTail };
    }

    private bool HasZeros(in BadPlace place)
    {
        const int step = 64 * 1024;
        Span<byte> zeros = stackalloc byte[LeastZeros];
        zeros.Clear();
        var end = place.Offset + place.Bytes;
        for (var from = place.Offset; from < end; from += step - LeastZeros + 1)
            if (_reader.At(from, (int)Math.Min(step, end - from)).IndexOf(zeros) >= 0) return true;
        return false;
    }

    /// <summary>Frames at the end whose batch was cut off were never committed: none of them may be seen.</summary>
    private void DropUnfinished()
    {
        var last = _frames.Count == 0 ? -1 : _frames[^1].Offset;
        for (var i = 0; i < _bad.Count; i++) // its end may be there, and what was to be before it not
            if (_bad[i] is { What: BadChecksum } bad && bad.Offset > last && HasZeros(bad))
                _bad[i] = bad with { What = CutTail };
        var cut = _bad.Any(b => b.What == CutTail);
        var damaged = _bad.Any(b => b.What == BadChecksum && b.Offset > last);
        if (damaged && !cut) return; // the last frame of the batch is there, only unreadable
        while (_frames.Count > 0 && !_frames[^1].Head.LastOfBatch)
        {
            var (offset, head) = _frames[^1];
            _bad.Add(new BadPlace(offset, head.Bytes, CutTail, head.Key.Sequence));
            _frames.RemoveAt(_frames.Count - 1);
        }
    }
}
