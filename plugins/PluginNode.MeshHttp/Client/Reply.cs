using PluginNode.Transports;

namespace PluginNode.MeshHttp.Client;

/// <summary>What came of one request: the outcomes, the time to sign with, or why neither came.</summary>
internal readonly record struct Reply(Dictionary<Guid, SendOutcome>? Outcomes, long? PeerTime, string? Failure)
{
    public static Reply Failed(string reason) => new(null, null, Wire.Outcomes.OneLine(reason));
}
