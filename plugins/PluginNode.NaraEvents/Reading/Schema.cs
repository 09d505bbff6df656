using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Reading;

/// <summary>
/// The members that Go knows of an object, in the order in which a kind names them. All of them are checked, also those
/// that are under no signature: an event with one of another type would make a nara peer throw away the whole page that
/// it came with. Members that nobody knows are skipped, as Go does. One that stands there twice is refused: which of
/// the two is signed, every reader might answer in another way.
/// </summary>
internal sealed class Schema(params (string Name, FieldType Type)[] members)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    private readonly (byte[] Name, FieldType Type)[] _members =
        [.. members.Select(m => (Encoding.ASCII.GetBytes(m.Name), m.Type))];

    /// <summary>How many there are.</summary>
    public int Count => _members.Length;

    /// <summary>Reads an object.</summary>
    /// <param name="data">Whatever it is.</param>
    /// <param name="fields">Receives a value for each member.</param>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public string? Read(ReadOnlySpan<byte> data, Span<Field> fields)
    {
        for (var i = 0; i < _members.Length; i++) fields[i] = new Field(_members[i].Type);
        if (!Utf8.IsValid(data)) return "it is not UTF-8";
        try
        {
            var reader = new Utf8JsonReader(data, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return "an object is needed";
            var problem = Read(ref reader, fields);
            return problem is null && reader.Read() ? "there is more than one value" : problem;
        }
        catch (JsonException e)
        {
            return $"it is not JSON: {e.Message}";
        }
    }

    private string? Read(ref Utf8JsonReader reader, Span<Field> fields)
    {
        var seen = 0u;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var at = IndexOf(in reader);
            _ = reader.Read();
            if (at < 0)
            {
                reader.Skip();
                continue;
            }
            if ((seen & (1u << at)) != 0) return $"{members[at].Name}: stands there twice";
            seen |= 1u << at;
            if (!TryTake(ref reader, out fields[at], _members[at].Type))
                return $"{members[at].Name}: {Needed(_members[at].Type)} is needed";
        }
        return null;
    }

    private int IndexOf(in Utf8JsonReader reader)
    {
        for (var i = 0; i < _members.Length; i++)
            if (MemberName.Is(in reader, _members[i].Name)) return i;
        return -1;
    }

    private static bool TryTake(ref Utf8JsonReader reader, out Field field, FieldType type)
    {
        field = new Field(type);
        if (reader.TokenType == JsonTokenType.Null) return true;
        var start = (int)reader.TokenStartIndex;
        switch (type)
        {
            case FieldType.Text:
                if (reader.TokenType != JsonTokenType.String || !IsWhole(in reader)) return false;
                field = new Field(type, start + 1, reader.ValueSpan.Length, reader.ValueIsEscaped);
                return true;
            case FieldType.Flag:
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
            case FieldType.Object or FieldType.Array:
                var opening = type == FieldType.Object ? JsonTokenType.StartObject : JsonTokenType.StartArray;
                if (reader.TokenType != opening) return false;
                reader.Skip();
                field = new Field(type, start, (int)reader.BytesConsumed - start);
                return true;
        }
        if (reader.TokenType != JsonTokenType.Number) return false;
        var (integer, number) = (0L, 0.0);
        var read = type switch
        {
            FieldType.Integer => reader.TryGetInt64(out integer),
            FieldType.Unsigned => reader.TryGetUInt64(out _),
            _ => reader.TryGetDouble(out number) && double.IsFinite(number),
        };
        field = new Field(type, start, reader.ValueSpan.Length, Integer: integer, Number: number);
        return read;
    }

    // Half a surrogate pair is no character: Go would read another one in its place.
    private static bool IsWhole(in Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return true;
        try
        {
            _ = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Needed(FieldType type) => type switch
    {
        FieldType.Text => "a text",
        FieldType.Integer => "a 64-bit integer",
        FieldType.Unsigned => "an unsigned 64-bit integer",
        FieldType.Number => "a finite number",
        FieldType.Flag => "true or false",
        FieldType.Object => "an object",
        _ => "an array",
    };
}
