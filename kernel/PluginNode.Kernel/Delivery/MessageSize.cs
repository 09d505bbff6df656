using PluginNode.Storage.Records;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>What a message counts for against the limits of outbox and inbox: its payload, its attributes at two bytes
/// a character, and what it takes beside them in memory and on disk, about.</summary>
internal static class MessageSize
{
    private const long Overhead = 512;

    public static long Of(int payload, IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count == 0) return Of(payload, 0); // most have none, and an enumerator is an object
        var characters = 0;
        foreach (var (name, value) in attributes) characters += name.Length + value.Length;
        return Of(payload, characters);
    }

    public static long Of(Envelope envelope)
    {
        if (envelope.Attributes.Count == 0) return Of(envelope.Payload.Length, 0);
        var characters = 0;
        foreach (var a in envelope.Attributes) characters += a.Name.Length + a.Value.Length;
        return Of(envelope.Payload.Length, characters);
    }

    public static long Of(InboxHeader header)
    {
        if (header.Attributes.Count == 0) return Of(header.PayloadBytes, 0);
        var characters = 0;
        foreach (var a in header.Attributes) characters += a.Name.Length + a.Value.Length;
        return Of(header.PayloadBytes, characters);
    }

    private static long Of(int payload, int characters) => payload + (sizeof(char) * (long)characters) + Overhead;
}
