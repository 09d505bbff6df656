using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.MeshHttp.Wire;

/// <summary>The body of <c>POST /events/sync</c>: members and their order as nara writes them.</summary>
internal sealed record SyncRequest
{
    public const string Sample = "sample";
    public const string Page = "page";
    public const string Recent = "recent";

    private static readonly SyncJson Json = new(new JsonSerializerOptions(SyncJson.Default.Options)
    {
        // as Go does it, characters beyond ASCII stay
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The caller's name.</summary>
    [JsonPropertyName("from")]
    public string From { get; init; } = "";

    /// <summary>Null or empty: all.</summary>
    [JsonPropertyName("services"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Services { get; init; }

    /// <summary>Null or empty: all.</summary>
    [JsonPropertyName("subjects"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Subjects { get; init; }

    /// <summary>Nanoseconds; slices only.</summary>
    [JsonPropertyName("since_time")]
    public long SinceTime { get; init; }

    [JsonPropertyName("slice_index")]
    public long SliceIndex { get; init; }

    [JsonPropertyName("slice_total")]
    public long SliceTotal { get; init; }

    /// <summary>Slices only. An older peer, which knows no modes, goes by this one.</summary>
    [JsonPropertyName("max_events")]
    public long MaxEvents { get; init; }

    /// <summary>One of the three above; anything else, and null, is a slice.</summary>
    [JsonPropertyName("mode")]
    public string? Mode { get; init; }

    [JsonPropertyName("sample_size")]
    public long SampleSize { get; init; }

    [JsonPropertyName("cursor")]
    public string? Cursor { get; init; }

    [JsonPropertyName("page_size")]
    public long PageSize { get; init; }

    [JsonPropertyName("limit")]
    public long Limit { get; init; }

    /// <summary>How many events its mode asks for; 0: not said.</summary>
    [JsonIgnore]
    public long Size => Mode switch
    {
        Sample => SampleSize,
        Page => PageSize,
        Recent => Limit,
        _ => MaxEvents,
    };

    /// <summary>The same for so many events.</summary>
    public SyncRequest Of(long size) => Mode switch
    {
        Sample => this with { SampleSize = size },
        Page => this with { PageSize = size },
        Recent => this with { Limit = size },
        _ => this with { MaxEvents = size },
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json.SyncRequest);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(SyncRequest))]
internal sealed partial class SyncJson : JsonSerializerContext;
