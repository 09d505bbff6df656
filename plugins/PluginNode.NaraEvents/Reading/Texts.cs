using System.Text.Json;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Reading;

/// <summary>An array of texts, as long as a list of votes may be.</summary>
internal static class Texts
{
    /// <summary>Reads one that <see cref="Schema"/> found to be an array.</summary>
    /// <param name="array">Its JSON; nothing, where it was absent, is an empty one.</param>
    /// <returns>Null where something else stands in it, or too many.</returns>
    public static List<string>? Read(ReadOnlySpan<byte> array)
    {
        var texts = new List<string>();
        if (array.IsEmpty) return texts;
        try
        {
            var reader = new Utf8JsonReader(array);
            _ = reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.String || texts.Count == Vouching.MostVotes) return null;
                texts.Add(reader.GetString()!);
            }
            return texts;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }
}
