using System.Net;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>Tells the operator why requests are turned away: each reason at most once a minute for each peer.</summary>
internal sealed class Complaints(TimeProvider time, ILogger logger)
{
    private readonly RareLog<(PeerId Peer, int Kind)> _peers = new(time);
    private readonly RareLog<(PeerId Peer, int Kind)> _unproven = new(time);
    private readonly RareLog<string> _names = new(time);
    private readonly RareLog<IPAddress> _addresses = new(time);

    public void UnknownSender(PeerId peer)
    {
        if (_unproven.May((peer, 0))) LogMessages.UnknownSender(logger, peer.ToString());
    }

    public void UnknownName(string name)
    {
        if (_names.May(name)) LogMessages.UnknownName(logger, ReasonLine.Of(name));
    }

    public void WrongSignature(PeerId peer)
    {
        if (_unproven.May((peer, 1))) LogMessages.WrongSignature(logger, peer.ToString());
    }

    public void MalformedHead(IPAddress? address)
    {
        if (_addresses.May(address ?? IPAddress.None))
            LogMessages.MalformedHead(logger, address?.ToString() ?? "an unknown address");
    }

    public void Replayed(PeerId peer)
    {
        if (_peers.May((peer, 0))) LogMessages.Replayed(logger, peer.ToString());
    }

    /// <param name="peer">Who signed it.</param>
    /// <param name="behind">How far its timestamp is behind this node's time.</param>
    public void NotFresh(PeerId peer, TimeSpan behind)
    {
        if (_peers.May((peer, 1))) LogMessages.NotFresh(logger, peer.ToString(), behind);
    }

    public void TooLarge(PeerId peer, long length, int limit)
    {
        if (_peers.May((peer, 2))) LogMessages.TooLarge(logger, peer.ToString(), length, limit);
    }

    public void MalformedBody(PeerId peer, string reason)
    {
        if (_peers.May((peer, 3))) LogMessages.MalformedBody(logger, peer.ToString(), reason);
    }

    public void TooSlow(PeerId peer, string reason)
    {
        if (_peers.May((peer, 4))) LogMessages.TooSlow(logger, peer.ToString(), reason, MeshWire.MinBodyRate);
    }

    public void TooMany(PeerId peer)
    {
        if (_peers.May((peer, 5))) LogMessages.TooManyRequests(logger, peer.ToString());
    }

    public void NoRoom(PeerId peer)
    {
        if (_peers.May((peer, 6))) LogMessages.NoRoom(logger, peer.ToString());
    }
}
