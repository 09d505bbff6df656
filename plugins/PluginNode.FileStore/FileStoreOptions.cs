using System.Text.Json.Serialization;

namespace PluginNode.FileStore;

/// <summary>The settings of the file store.</summary>
public sealed record FileStoreOptions
{
    /// <summary>The store's folder, relative to the data folder. Default <c>store</c>.</summary>
    public string Folder { get; set; } = "store";

    /// <summary>Bytes of a segment, 65 536 to 1 073 741 824. Default 67 108 864 (64 MiB).</summary>
    public int SegmentBytes { get; set; } = 64 << 20;

    /// <summary>Every problem of these settings.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Folder)) yield return "folder: must not be empty";
        if (SegmentBytes is < 1 << 16 or > 1 << 30) yield return "segmentBytes: must be 65536 to 1073741824";
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(FileStoreOptions))]
internal sealed partial class FileStoreJson : JsonSerializerContext;
