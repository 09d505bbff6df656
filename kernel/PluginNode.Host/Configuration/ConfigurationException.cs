namespace PluginNode.Configuration;

/// <summary>The configuration can't be used. Nothing was started or changed.</summary>
/// <param name="problems">Every problem, one line each, with the key's full path.</param>
public sealed class ConfigurationException(IReadOnlyList<string> problems)
    : Exception(string.Join("; ", Lines(problems)))
{
    /// <summary>Every problem, one line each, whatever stands in the keys that it names.</summary>
    public IReadOnlyList<string> Problems { get; } = Lines(problems);

    // A key may hold control characters, and what a terminal or a log is told must not.
    private static string[] Lines(IEnumerable<string> problems) =>
        [.. problems.Select(p => string.Concat(p.Select(c => char.IsControl(c) ? '\ufffd' : c)))];
}
