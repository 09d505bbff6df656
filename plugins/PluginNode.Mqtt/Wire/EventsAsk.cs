using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Mqtt.Wire;

/// <summary>What a signed request for events asks for, as JSON: events, or what the peer holds by day.</summary>
internal sealed record EventsAsk
{
    /// <summary>What it holds by day is wanted instead of events; the rest says nothing then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Days { get; set; }

    /// <summary>By or about whom; at least one.</summary>
    public IReadOnlyList<string> Subjects { get; set; } = [];

    /// <summary>Of these services; none: of all.</summary>
    public IReadOnlyList<string> Services { get; set; } = [];

    /// <summary>Not older than this: nanoseconds since 1970.</summary>
    public long Since { get; set; }

    /// <summary>The cursor that the page before ended with.</summary>
    public string? After { get; set; }

    /// <summary>Most events of the answer.</summary>
    public int Limit { get; set; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, EventsJson.Default.EventsAsk);

    /// <summary>Null for what is none.</summary>
    public static EventsAsk? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var ask = JsonSerializer.Deserialize(json, EventsJson.Default.EventsAsk);
            if (ask is { Days: true }) return new EventsAsk { Days = true };
            return ask is { Subjects: { Count: > 0 and <= NaraLedger.MostSubjects }, Services: not null, Since: >= 0 }
                && ask.Limit > 0 && ask.Subjects.Concat(ask.Services).All(text => text is not null) ? ask : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // not JSON, of other types, or a text that is no Unicode
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventsAsk))]
internal sealed partial class EventsJson : JsonSerializerContext;
