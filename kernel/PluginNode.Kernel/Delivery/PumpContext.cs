using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Delivery;

/// <summary>What a pump needs of the outbox that owns it.</summary>
internal abstract class PumpContext
{
    public abstract IPeerDirectory Peers { get; }
    public abstract NodeClock Clock { get; }

    /// <summary>No new window is begun.</summary>
    public abstract bool Stopping { get; }

    public abstract Backoff NewBackoff();

    /// <summary>Says which protocols go raw to some address of a peer; null where none does.</summary>
    public abstract Predicate<string>? RawOf(Peer to);

    /// <summary>Sends a window; the callback runs on the loop.</summary>
    public abstract void Send(Peer to, List<Message> window, Action<WindowResult> completed);

    /// <summary>Acts on an outcome. False: the message waits on.</summary>
    /// <param name="message">It was sent.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="address">Where it was tried.</param>
    /// <param name="first">False where an earlier frame of its lane was held back, so that this one was not
    /// judged.</param>
    public abstract bool Settle(Message message, SendOutcome outcome, string address, bool first);

    /// <summary>Counts a failed attempt against the level's schedule. True: that was the last one, it is a dead
    /// letter.</summary>
    public abstract bool CountFailure(Message message);

    public abstract void Damaged(Message message);
    public abstract void ReportUp(PeerId peer);
    public abstract void ReportDown(PeerId peer, string reason);

    /// <summary>Runs once on the loop after that time.</summary>
    public abstract ITimer Timer(Action action, TimeSpan wait);
}
