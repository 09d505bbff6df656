using System.Text.Json;
using PluginNode.Delivery;

namespace PluginNode.Api;

/// <summary>Message states as the control API writes them.</summary>
internal static class StateText
{
    private static readonly Dictionary<MessageState, string> Texts =
        Enum.GetValues<MessageState>().ToDictionary(s => s, s => JsonNamingPolicy.CamelCase.ConvertName(s.ToString()));

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All => Texts.Values;

    /// <summary>The text of a state.</summary>
    public static string Of(MessageState state) => Texts[state];

    /// <summary>The state of a text; null of null.</summary>
    /// <exception cref="ProblemException">400: there is no such state.</exception>
    public static MessageState? Parse(string? text)
    {
        if (text is null) return null;
        foreach (var (state, known) in Texts)
            if (known == text) return state;
        throw new ProblemException(
            StatusCodes.Status400BadRequest, $"state: there is no '{text}'; known are {string.Join(", ", Texts.Values)}");
    }
}
