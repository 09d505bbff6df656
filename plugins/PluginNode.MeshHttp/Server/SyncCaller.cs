using System.Net;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>Who asks, once the headers have proved it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Head">Its nara headers.</param>
/// <param name="Proof">What only a PluginNode adds; null for a nara peer. It is checked against the body later.</param>
internal sealed record SyncCaller(PeerId Key, NaraHead Head, SyncProof? Proof)
{
    public bool IsPluginNode => Proof is not null;
}
