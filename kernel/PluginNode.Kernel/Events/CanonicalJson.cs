using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace PluginNode.Events;

/// <summary>
/// The one form of a JSON value (RFC 8785, JSON Canonicalization Scheme): no white space, members by name in the order
/// of UTF-16 code units, numbers as ECMAScript writes them. Stricter in one point: an integer that a double can't hold
/// is refused and not rounded. Callable from any thread.
/// </summary>
public static class CanonicalJson
{
    /// <summary>Deepest nesting of arrays and objects.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>What keeps bytes from being one JSON value in UTF-8 within the depth; null where nothing
    /// does.</summary>
    public static string? Problem(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return "it is not UTF-8";
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            while (reader.Read()) { }
            return null;
        }
        catch (JsonException e)
        {
            return $"it is not JSON: {e.Message}";
        }
    }

    /// <summary>Whether it is the value null.</summary>
    /// <param name="json">One without a <see cref="Problem"/>.</param>
    public static bool IsNull(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        return reader.Read() && reader.TokenType == JsonTokenType.Null;
    }

    /// <summary>Writes the canonical form of one value.</summary>
    /// <param name="json">Whatever it is.</param>
    /// <param name="output">Receives it; where there is a problem what it received means nothing.</param>
    /// <returns>What is wrong with the JSON, one line; null where nothing is.</returns>
    public static string? Write(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!Utf8.IsValid(json)) return "it is not UTF-8";
        try
        {
            var reader = new Utf8JsonReader(json, Options);
            using var document = JsonDocument.ParseValue(ref reader);
            return reader.Read() ? "there is more than one value" : Write(document.RootElement, output);
        }
        catch (JsonException e)
        {
            return $"it is not JSON: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            return "a text holds half a surrogate pair"; // RFC 8785, section 3.2.2.2
        }
    }

    private static string? Write(JsonElement value, IBufferWriter<byte> output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object: return WriteObject(value, output);
            case JsonValueKind.Array: return WriteArray(value, output);
            case JsonValueKind.Number: return CanonicalNumber.Write(JsonMarshal.GetRawUtf8Value(value), output);
            case JsonValueKind.String:
                WriteText(value.GetString()!, output);
                return null;
            default: // true, false, null
                output.Write(JsonMarshal.GetRawUtf8Value(value));
                return null;
        }
    }

    private static string? WriteArray(JsonElement array, IBufferWriter<byte> output)
    {
        var separator = "["u8;
        foreach (var item in array.EnumerateArray())
        {
            output.Write(separator);
            if (Write(item, output) is { } problem) return problem;
            separator = ","u8;
        }
        output.Write(array.GetArrayLength() == 0 ? "[]"u8 : "]"u8);
        return null;
    }

    private static string? WriteObject(JsonElement value, IBufferWriter<byte> output)
    {
        var members = value.EnumerateObject().Select(m => (m.Name, m.Value)).ToList();
        members.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        output.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            var (name, member) = members[i];
            if (i > 0)
            {
                if (name == members[i - 1].Name) return "an object has the same member twice"; // RFC 7493, section 2.3
                output.Write(","u8);
            }
            WriteText(name, output);
            output.Write(":"u8);
            if (Write(member, output) is { } problem) return problem;
        }
        output.Write("}"u8);
        return null;
    }

    private static void WriteText(string text, IBufferWriter<byte> output)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        JsonText.WriteCanonical(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), output);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
