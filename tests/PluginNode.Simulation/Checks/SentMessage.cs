using PluginNode.Delivery;
using PluginNode.Identity;

namespace PluginNode.Simulation.Checks;

/// <summary>What the auditor knows of one message.</summary>
internal sealed class SentMessage
{
    /// <summary>Of messages that go on streams of their own.</summary>
    public const string RawProtocol = "/sim/raw";

    public required int Number { get; init; }
    public required Guid Id { get; set; }
    public required int From { get; init; }
    public required int Life { get; init; }
    public required PeerId To { get; init; }
    public required string Protocol { get; init; }
    public required string Key { get; init; }
    public SendRequest? Request { get; set; }

    /// <summary>What the node said of it; null: the node was gone before it said anything.</summary>
    public SendReply? Reply { get; set; }

    public bool Cancelled { get; set; }
    public bool Replayed { get; set; }

    /// <summary>It was a dead letter that its application threw away, perhaps.</summary>
    public bool Purged { get; set; }

    /// <summary>Its application was told that it is cancelled and was never sent.</summary>
    public bool CancelledForGood { get; set; }

    /// <summary>How often it was in a batch, in the life that took it.</summary>
    public int Sends { get; set; }

    /// <summary>Its place in the receiver's inbox, once it was seen there.</summary>
    public long? Cursor { get; set; }

    /// <summary>How often it went on a stream of its own.</summary>
    public int Streams { get; set; }

    /// <summary>The ids under which the receiver took it from such streams: it has none of its own there, so that a
    /// repetition is another message.</summary>
    public HashSet<Guid> Copies { get; } = [];

    public bool IsRaw => Protocol == RawProtocol;
    public bool IsCritical => IsRaw || Protocol == "/sim/critical";

    /// <summary>It was told to be refused; the disk may have kept it all the same, without its place.</summary>
    public bool Refused => Reply is { Verdict: not (SendVerdict.Accepted or SendVerdict.Known) };

    /// <summary>Whether it may have ended at some moment that a crash undid, so that it came later than its
    /// lane.</summary>
    public bool MayHaveEnded => Cancelled || Request?.TimeToLive is not null;

    /// <summary>Whether it has to arrive behind everything that was sent before it in its lane.</summary>
    public bool KeepsItsPlace => Protocol != "/sim/none" && !Replayed && !Refused && !MayHaveEnded;

    public bool Promised => Reply is { Verdict: SendVerdict.Accepted or SendVerdict.Known, Stable: true };
}
