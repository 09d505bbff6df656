using Microsoft.Extensions.Logging;
using PluginNode.Identity;

namespace PluginNode.Mqtt.Frames;

/// <summary>Tells the operator why requests are not taken or answered: each reason at most once a minute for each
/// peer.</summary>
internal sealed class Complaints(TimeProvider time, ILogger logger)
{
    private enum Kind
    {
        Malformed,
        UnknownSender,
        WrongSignature,
        NotFresh,
        TooMany,
        NoRoom,
        NotAnswered,
        LeftOut,
    }

    private readonly RareLog<(PeerId Peer, Kind Kind)> _peers = new(time);
    private readonly RareLog<(PeerId Peer, Kind Kind)> _unproven = new(time);

    public void Malformed()
    {
        if (_unproven.May((default, Kind.Malformed))) LogMessages.MalformedRequest(logger);
    }

    public void UnknownSender(PeerId peer)
    {
        if (_unproven.May((peer, Kind.UnknownSender))) LogMessages.UnknownSender(logger, peer.ToString());
    }

    public void WrongSignature(PeerId peer)
    {
        if (_unproven.May((peer, Kind.WrongSignature))) LogMessages.WrongSignature(logger, peer.ToString());
    }

    /// <param name="peer">Who signed it.</param>
    /// <param name="behind">How far its timestamp is behind this node's time.</param>
    public void NotFresh(PeerId peer, TimeSpan behind)
    {
        if (_peers.May((peer, Kind.NotFresh))) LogMessages.NotFresh(logger, peer.ToString(), behind);
    }

    public void TooMany(PeerId peer)
    {
        if (_peers.May((peer, Kind.TooMany))) LogMessages.TooManyRequests(logger, peer.ToString());
    }

    public void NoRoom(PeerId peer)
    {
        if (_peers.May((peer, Kind.NoRoom))) LogMessages.NoRoom(logger, peer.ToString());
    }

    public void NotAnswered(PeerId peer, string reason)
    {
        if (_peers.May((peer, Kind.NotAnswered))) LogMessages.NotAnswered(logger, peer.ToString(), reason);
    }

    /// <param name="peer">Who asked.</param>
    /// <param name="bytes">Of the event's data.</param>
    /// <param name="most">Of an answer that gets there.</param>
    public void LeftOut(PeerId peer, int bytes, int most)
    {
        if (_peers.May((peer, Kind.LeftOut))) LogMessages.LeftOut(logger, peer.ToString(), bytes, most);
    }
}
