using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits of the tokens of a JSON document, as far as it is one.</summary>
internal static class JsonEdits
{
    /// <summary>Values that are no JSON, or of another kind than is expected.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "1e400", "-0", "01", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00x\"",
        "\"\\\"\"",
        "\"\ud83d\ude00\"", "{}", "[]", "[null]", "[[[[]]]]", "{\"\":null}", "{\"\\ud800\":1}", "{\"a\":null}",
        "{\"a\":1,\"a\":2}",
        "9007199254740993", "2147483648", "9223372036854775808", "\"AAAA\"", "\"A===\"", "/*x*/1", "// x\n1", "\"\t\"",
        "'a'",
        "\"00000000-0000-0000-0000-000000000000\"", "\"-Infinitys\"", "\"1e3s\"", "\"NaN\"",
    ];

    public static readonly Edit ReplaceValue = (input, other) => OfToken(input, IsScalar, place =>
        from value in Gen.OneOf(
            Gen.Elements(Values).Select(Encoding.UTF8.GetBytes),
            Gen.Elements(TextEdits.Words).Select(w => Encoding.UTF8.GetBytes($"\"{w}\"")),
            SomeToken(other, IsScalar))
        select ByteEdits.Replace(input, place.From, place.To, value));

    public static readonly Edit ReplaceName = (input, other) => OfToken(input, IsName, place =>
        from value in Gen.OneOf(
            Gen.Elements("\"\"", "\"\\ud800\"", "\"to\"", "\"a.b\"", "\"\\u0000\"", "\"peers\"", "\"é\"", "\"A\"",
                "\"$ref\"")
                .Select(Encoding.UTF8.GetBytes),
            SomeToken(other, IsName))
        select ByteEdits.Replace(input, place.From, place.To, value));

    /// <summary>A word inside a text or name.</summary>
    public static readonly Edit InText = (input, other) =>
        OfToken(input, t => t is JsonTokenType.String or JsonTokenType.PropertyName,
        place => from edit in Gen.Elements(TextEdits.InsertWord, TextEdits.ReplaceWord, TextEdits.ChangeCase)
                 from text in edit(input[(place.From + 1)..(place.To - 1)], other)
                 select ByteEdits.Replace(input, place.From + 1, place.To - 1, text));

    /// <summary>A member before another one; its name may be there already.</summary>
    public static readonly Edit AddMember = (input, other) => OfToken(input, IsName, place =>
        from name in Gen.OneOf(SomeToken(input, IsName), SomeToken(other, IsName))
        from value in Gen.OneOf(
            Gen.Elements(Values).Select(Encoding.UTF8.GetBytes), SomeToken(input, IsScalar), SomeToken(other, IsScalar))
        select ByteEdits.Replace(input, place.From, place.From, [.. name, (byte)':', .. value, (byte)',']));

    /// <summary>Elements before a value, as many as a list may be thought to have, and more.</summary>
    public static readonly Edit AddElements = (input, other) => OfToken(input, IsScalar, place =>
        from value in Gen.OneOf(
            Gen.Elements(Values).Select(Encoding.UTF8.GetBytes), SomeToken(input, IsScalar), SomeToken(other, IsScalar))
        from times in Gen.Frequency((6, Gen.Choose(1, 3)), (1, Gen.Choose(60, 1100)))
        select ByteEdits.Replace(
            input, place.From, place.From, ByteEdits.Repeated([.. value, (byte)','], times)));

    /// <summary>A value becomes deep.</summary>
    public static readonly Edit Nest = (input, _) => OfToken(input, IsScalar, place =>
        from deep in Gen.Frequency((6, Gen.Choose(1, 3)), (1, Gen.Choose(60, 70)), (1, Gen.Choose(500, 3000)))
        from list in Gen.Elements(true, false)
        let before = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(list ? "[" : "{\"a\":", deep)))
        let after = Encoding.ASCII.GetBytes(new string(list ? ']' : '}', deep))
        select ByteEdits.Replace(input, place.From, place.To, [.. before, .. input[place.From..place.To], .. after]));

    public static readonly IReadOnlyList<(int Weight, Edit Edit)> All =
        [(6, ReplaceValue), (3, ReplaceName), (4, InText), (3, AddMember), (2, AddElements), (1, Nest)];

    private static bool IsName(JsonTokenType type) => type == JsonTokenType.PropertyName;

    private static bool IsScalar(JsonTokenType type) => type is JsonTokenType.String or JsonTokenType.Number
        or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null;

    private static Gen<byte[]> OfToken(
        byte[] input, Func<JsonTokenType, bool> which, Func<(int From, int To), Gen<byte[]>> edit,
        byte[]? otherwise = null) =>
        Tokens(input).Where(t => which(t.Type)).ToArray() is { Length: > 0 } tokens
            ? Gen.Elements(tokens).SelectMany(t => edit((t.From, t.To)))
            : Gen.Constant(otherwise ?? input);

    private static Gen<byte[]> SomeToken(byte[] input, Func<JsonTokenType, bool> which) =>
        OfToken(input, which, place => Gen.Constant(input[place.From..place.To]), "\"x\""u8.ToArray());

    /// <summary>The tokens of the first document and of those behind it, up to what is none.</summary>
    private static List<(JsonTokenType Type, int From, int To)> Tokens(byte[] input)
    {
        var tokens = new List<(JsonTokenType, int, int)>();
        var reader = new Utf8JsonReader(input, new JsonReaderOptions
        {
            AllowMultipleValues = true, AllowTrailingCommas = true, MaxDepth = 5000,
            CommentHandling = JsonCommentHandling.Skip,
        });
        try
        {
            while (reader.Read()) tokens.Add((reader.TokenType, (int)reader.TokenStartIndex, End(input, reader)));
        }
        catch (JsonException)
        {
            // What stands before it can be edited all the same.
        }
        return tokens;
    }

    // The reader takes the colon with a name.
    private static int End(byte[] input, in Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        return reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String
            ? start + reader.ValueSpan.Length + 2
            : Math.Min(input.Length, (int)reader.BytesConsumed);
    }
}
