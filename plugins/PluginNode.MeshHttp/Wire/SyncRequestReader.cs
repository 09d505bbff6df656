using System.Text.Json;
using PluginNode.Events;

namespace PluginNode.MeshHttp.Wire;

/// <summary>Reads a request's body as Go's decoder does: one value, whatever follows; names in any case; nulls change
/// nothing; the last of two counts; unknown members are passed over.</summary>
internal static class SyncRequestReader
{
    /// <summary>Null for what is no such request.</summary>
    public static SyncRequest? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read()) return null;
            return reader.TokenType switch
            {
                JsonTokenType.Null => new SyncRequest(),
                JsonTokenType.StartObject => ReadObject(ref reader),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // not JSON, or a text that is not UTF-8 or has half a surrogate pair
            return null;
        }
    }

    private static SyncRequest? ReadObject(ref Utf8JsonReader reader)
    {
        var request = new SyncRequest();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Member(ref reader, request) is not { } next) return null;
            request = next;
        }
        return request;
    }

    // null: of another type than it must be
    private static SyncRequest? Member(ref Utf8JsonReader reader, SyncRequest request)
    {
        if (Is(reader, "from"u8)) return Text(ref reader, request, t => request with { From = t });
        if (Is(reader, "mode"u8)) return Text(ref reader, request, t => request with { Mode = t });
        if (Is(reader, "cursor"u8)) return Text(ref reader, request, t => request with { Cursor = t });
        if (Is(reader, "services"u8))
            return Texts(ref reader, out var services) ? request with { Services = services } : null;
        if (Is(reader, "subjects"u8))
            return Texts(ref reader, out var subjects) ? request with { Subjects = subjects } : null;
        if (Is(reader, "since_time"u8)) return Number(ref reader, request, n => request with { SinceTime = n });
        if (Is(reader, "slice_index"u8)) return Number(ref reader, request, n => request with { SliceIndex = n });
        if (Is(reader, "slice_total"u8)) return Number(ref reader, request, n => request with { SliceTotal = n });
        if (Is(reader, "max_events"u8)) return Number(ref reader, request, n => request with { MaxEvents = n });
        if (Is(reader, "sample_size"u8)) return Number(ref reader, request, n => request with { SampleSize = n });
        if (Is(reader, "page_size"u8)) return Number(ref reader, request, n => request with { PageSize = n });
        if (Is(reader, "limit"u8)) return Number(ref reader, request, n => request with { Limit = n });
        reader.Skip();
        return request;
    }

    private static bool Is(in Utf8JsonReader reader, ReadOnlySpan<byte> name) => MemberName.Is(reader, name);

    private static SyncRequest? Text(ref Utf8JsonReader reader, SyncRequest same, Func<string, SyncRequest> with) =>
        !reader.Read() ? null : reader.TokenType switch
        {
            JsonTokenType.Null => same,
            JsonTokenType.String => with(reader.GetString()!),
            _ => null,
        };

    private static SyncRequest? Number(ref Utf8JsonReader reader, SyncRequest same, Func<long, SyncRequest> with) =>
        !reader.Read() ? null : reader.TokenType switch
        {
            JsonTokenType.Null => same,
            JsonTokenType.Number when reader.TryGetInt64(out var number) => with(number),
            _ => null,
        };

    private static bool Texts(ref Utf8JsonReader reader, out IReadOnlyList<string>? texts)
    {
        texts = null;
        if (!reader.Read()) return false;
        if (reader.TokenType == JsonTokenType.Null) return true;
        if (reader.TokenType != JsonTokenType.StartArray) return false;
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null)) return false;
            list.Add(reader.GetString() ?? "");
        }
        texts = list;
        return true;
    }
}
