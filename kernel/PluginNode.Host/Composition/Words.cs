using System.Text.Json;

namespace PluginNode.Composition;

/// <summary>Members of an enumeration as the control API, metrics and logs write them: <c>wrongSignature</c>.</summary>
internal static class Words
{
    /// <summary>The word of one.</summary>
    public static string Of<T>(T value) where T : struct, Enum => Known<T>.Words[value];

    private static class Known<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Words =
            Enum.GetValues<T>().ToDictionary(v => v, v => JsonNamingPolicy.CamelCase.ConvertName(v.ToString()));
    }
}
