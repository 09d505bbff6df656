using System.Text;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Wire;

/// <summary>The topics of the nara network that are used here. A name stands in them as it is.</summary>
internal static class NaraTopics
{
    private const int MostNameBytes = 256;

    /// <summary>Where who comes says so.</summary>
    public const string HeyThere = "nara/plaza/hey_there";

    /// <summary>Where who goes says so.</summary>
    public const string Chau = "nara/plaza/chau";

    /// <summary>Where somebody is asked for what it holds.</summary>
    public static string RequestTo(string name) => $"nara/ledger/{name}/request";

    /// <summary>Where somebody takes what it asked for.</summary>
    public static string ResponseTo(string name) => $"nara/ledger/{name}/response";

    /// <summary>Whether a name makes one level of a topic, and no other topic than its own.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && !name.Contains('/', StringComparison.Ordinal) && !name.Any(char.IsControl)
        && TopicText.ProblemOfName(name) is null && Encoding.UTF8.GetByteCount(name) <= MostNameBytes;
}
