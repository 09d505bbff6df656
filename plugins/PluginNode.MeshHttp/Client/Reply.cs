using PluginNode.Transports;

namespace PluginNode.MeshHttp.Client;

/// <summary>What came of one request: the outcomes, the time to sign with, or why neither came.</summary>
/// <param name="Outcomes">By the envelopes' ids.</param>
/// <param name="PeerTime">Milliseconds since 1970.</param>
/// <param name="Failure">One line for people.</param>
/// <param name="IsTooLarge">It is over what the peer takes, and its link knows now how much that is.</param>
internal readonly record struct Reply(
    Dictionary<Guid, SendOutcome>? Outcomes, long? PeerTime, string? Failure, bool IsTooLarge = false)
{
    public static Reply Failed(string reason) => new(null, null, ReasonLine.Of(reason));
}
