namespace PluginNode.Api;

/// <summary>The body of <c>POST /v1/recovery</c> that asks one peer.</summary>
public sealed record RecoveryAskBody
{
    /// <summary>Most names of <see cref="Subjects"/>.</summary>
    public const int MostSubjects = 1_000;

    /// <summary>Whom: its name or its peer id.</summary>
    public required string Peer { get; init; }

    /// <summary>Only events by or about one of these names, at most 1 000; none: everything.</summary>
    public IReadOnlyList<string>? Subjects { get; init; }
}

/// <summary>What came of asking one peer.</summary>
/// <param name="Peer">Its name.</param>
/// <param name="Answered">Whether it answered.</param>
/// <param name="Steps">The strategies that were tried, the one that was answered last.</param>
public sealed record RecoveryAskResult(string Peer, bool Answered, IReadOnlyList<RecoveryStepBody> Steps);
