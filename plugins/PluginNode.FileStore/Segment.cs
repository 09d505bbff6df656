using System.Globalization;

namespace PluginNode.FileStore;

/// <summary>One file of the log.</summary>
internal sealed class Segment(int number, IDiskFile file, long size) : IDisposable
{
    public int Number { get; } = number;
    public string Name { get; } = NameOf(number);
    public IDiskFile File { get; } = file;

    /// <summary>Bytes that it may grow to.</summary>
    public long Size { get; } = size;

    /// <summary>Behind the last frame.</summary>
    public long End { get; set; }

    /// <summary>Records in it that are not removed, and their bytes.</summary>
    public int Live { get; set; }
    public long LiveBytes { get; set; }

    /// <summary>Segments that hold records which removals in this one name, or of which newer copies are in this one:
    /// while one of them exists, so must this.</summary>
    public HashSet<int> RemovesFrom { get; } = [];

    public static string NameOf(int number) => number.ToString("D8", CultureInfo.InvariantCulture) + ".seg";

    public static int? NumberOf(string name) =>
        name.EndsWith(".seg", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(0, name.Length - 4), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    public void Dispose() => File.Dispose();
}

/// <summary>Where a record's frame lies.</summary>
internal readonly record struct Location(Segment Segment, long Offset, int HeaderBytes, int BodyBytes)
{
    public int FrameBytes => FrameFormat.FixedBytes + HeaderBytes + BodyBytes + FrameFormat.TrailerBytes;
    public long BodyOffset => Offset + FrameFormat.FixedBytes + HeaderBytes;
}
