using PluginNode.Identity;

namespace PluginNode.Api;

/// <summary>A peer as requests name it: by its local name, or by its peer id.</summary>
internal static class PeerReference
{
    /// <summary>The peer id.</summary>
    /// <exception cref="ProblemException">404: no such peer.</exception>
    public static PeerId Resolve(string text, IPeerDirectory peers)
    {
        if (peers.Find(text) is { } peer) return peer.Id;
        return PeerId.TryParse(text, out var id)
            ? id
            : throw new ProblemException(StatusCodes.Status404NotFound, $"there is no peer '{text}'");
    }
}
