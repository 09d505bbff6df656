using PluginNode.Identity;

namespace PluginNode.MeshHttp.Client;

/// <summary>Whom to ask for events.</summary>
/// <param name="Name">The name that it signs with.</param>
/// <param name="Key">The key of that name.</param>
/// <param name="Address">Where it is, <c>mesh+http://host:port</c>; or one of another scheme, which then stands for all
/// addresses whose transport can ask.</param>
internal sealed record SyncNeighbour(string Name, PeerId Key, PeerAddress Address);
