using PluginNode.Identity;

namespace PluginNode.Delivery;

/// <summary>What an application hands over for a peer.</summary>
public sealed record SendRequest
{
    /// <summary>The peer.</summary>
    public required PeerId To { get; init; }

    /// <summary>What the message is for, 1–255 characters, none of them a control character, e.g.
    /// <c>/app/orders/1.0</c>; the policy maps it to a level.</summary>
    public required string Protocol { get; init; }

    /// <summary>The payload. It must stay unchanged until the send's task completes.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>A level by name; null: what the policy says.</summary>
    public string? Level { get; init; }

    /// <summary>The ordering key, at most 255 characters: messages of one peer and key form a lane.</summary>
    public string Key { get; init; } = "";

    /// <summary>How long it may wait; null: what the level says. Positive.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>The caller's own id, which makes sending again safe; null: a new one.</summary>
    public Guid? Id { get; init; }

    /// <summary>Travels with the message; at most 64 entries and 16 KiB in all.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;
}

/// <summary>How a send ended for its caller.</summary>
public enum SendVerdict
{
    /// <summary>The node has it; it will be delivered or become a dead letter.</summary>
    Accepted,

    /// <summary>An id that was accepted before, with the same content: the first result again.</summary>
    Known,

    /// <summary>An id that was accepted before, with other content. Nothing was changed.</summary>
    Conflict,

    /// <summary>Level <c>none</c>: the one attempt succeeded.</summary>
    Done,

    /// <summary>Level <c>none</c>: the one attempt failed.</summary>
    Failed,

    /// <summary>No such peer.</summary>
    UnknownPeer,

    /// <summary>The payload or attributes are over the limit.</summary>
    TooLarge,

    /// <summary>A limit of the outbox, or the disk, is reached. Nothing was accepted.</summary>
    Full,

    /// <summary>The store failed, or the node is stopping. Nothing was accepted.</summary>
    Unavailable,

    /// <summary>The request itself is wrong.</summary>
    Invalid,
}

/// <summary>The answer to a send.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Id">The message's id.</param>
/// <param name="State">Its state; meaningful for the first five verdicts.</param>
/// <param name="Stable">Whether it is on stable storage: <c>durability</c> is <c>stable</c>, else
/// <c>memory</c>.</param>
/// <param name="Reason">For everything that is not accepted: why, and what to do.</param>
public sealed record SendReply(
    SendVerdict Verdict, Guid Id, MessageState State = MessageState.Waiting, bool Stable = false, string? Reason = null);
