using System.Collections.ObjectModel;
using Google.Protobuf.Collections;
using PluginNode.Storage.Records;

namespace PluginNode.Storage;

/// <summary>An envelope's attributes as they stand in a record. A list and not a protobuf map: most messages have none,
/// and an empty map costs three objects for each of them.</summary>
internal static class StoredAttributes
{
    public static IReadOnlyDictionary<string, string> Read(RepeatedField<StoredAttribute> stored)
    {
        if (stored.Count == 0) return ReadOnlyDictionary<string, string>.Empty;
        var attributes = new Dictionary<string, string>(stored.Count, StringComparer.Ordinal);
        foreach (var a in stored) attributes[a.Name] = a.Value;
        return attributes;
    }
}
