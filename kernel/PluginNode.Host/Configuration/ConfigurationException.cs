namespace PluginNode.Configuration;

/// <summary>The configuration can't be used. Nothing was started or changed.</summary>
/// <param name="problems">Every problem, one line each, with the key's full path.</param>
public sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    /// <summary>Every problem, one line each.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
