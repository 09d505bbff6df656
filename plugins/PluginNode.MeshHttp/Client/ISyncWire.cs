namespace PluginNode.MeshHttp.Client;

/// <summary>Carries one question to a neighbour, and its answer back. Nothing that the network or the neighbour does is
/// thrown. Callable from any number of threads at once.</summary>
internal interface ISyncWire
{
    /// <summary>Whether the events of an answer are signed as a whole by the neighbour's name; else the wire itself has
    /// proved who answered, and a name in the body means nothing.</summary>
    bool NeedsSignedEvents { get; }

    /// <summary>Asks, and reads the answer into <paramref name="into"/>.</summary>
    /// <param name="to">Whom.</param>
    /// <param name="path">What, as HTTP names it.</param>
    /// <param name="json">The question.</param>
    /// <param name="into">Receives the answer, without compression.</param>
    /// <param name="look">Called when some of it has arrived, and with true when that was all; says what is wrong with
    /// it, and ends it.</param>
    /// <param name="callTime">How long all of it may take; null: as long as the link allows.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns><see cref="AskOutcome.Answered"/> for an answer that this neighbour gave to this question.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<SyncReply> AskAsync(
        SyncNeighbour to, string path, byte[] json, GrowingBody into, Func<bool, string?> look, TimeSpan? callTime,
        CancellationToken cancellation);
}
