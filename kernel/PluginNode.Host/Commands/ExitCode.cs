namespace PluginNode.Commands;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It failed; standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong; nothing was done.</summary>
    public const int WrongUse = 2;

    /// <summary>There is no node at api.listen.</summary>
    public const int NotReachable = 3;
}
