using System.Text.Json.Serialization;
using PluginNode.Delivery;
using PluginNode.Identity;

namespace PluginNode.Api;

/// <summary>The answer to a send.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Durability"><c>stable</c> when it is on stable storage, else <c>memory</c>.</param>
/// <param name="Reason">Why it ended, where it ended without delivery.</param>
public sealed record SendResult(Guid Id, string State, string Durability, string? Reason = null)
{
    internal static SendResult Of(SendReply reply) =>
        new(reply.Id, StateText.Of(reply.State), MessageBody.DurabilityText(reply.Stable));

    internal static SendResult Of(MessageView view) =>
        new(view.Id, StateText.Of(view.State), MessageBody.DurabilityText(view.Stable), view.Reason);
}

/// <summary>One line of the answer to a batch.</summary>
/// <param name="Status">What a single send would have answered.</param>
/// <param name="Id">The message's id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Durability"><c>stable</c> or <c>memory</c>.</param>
/// <param name="Error">What is wrong, where it was not accepted.</param>
public sealed record BatchResult(int Status, Guid? Id, string? State, string? Durability, string? Error);

/// <summary>One attempt to send a message.</summary>
/// <param name="At">When its outcome came.</param>
/// <param name="Address">Which address was tried last.</param>
/// <param name="Outcome">What came of it.</param>
public sealed record AttemptBody(DateTime At, string Address, string Outcome);

/// <summary>A message that goes out.</summary>
public sealed record MessageBody
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The peer id that it goes to.</summary>
    public required string To { get; init; }

    /// <summary>The peer's local name, where it has one.</summary>
    public string? ToName { get; init; }

    /// <summary>What it is for.</summary>
    public required string Protocol { get; init; }

    /// <summary>Its delivery level.</summary>
    public required string Level { get; init; }

    /// <summary>Its ordering key.</summary>
    public required string Key { get; init; }

    /// <summary>Where it stands.</summary>
    public required string State { get; init; }

    /// <summary><c>stable</c> or <c>memory</c>.</summary>
    public required string Durability { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTime Created { get; init; }

    /// <summary>When it expires.</summary>
    public DateTime? Expires { get; init; }

    /// <summary>When it ended.</summary>
    public DateTime? EndedAt { get; init; }

    /// <summary>When it is tried next.</summary>
    public DateTime? NextAttempt { get; init; }

    /// <summary>Why it ended, or what the last attempt said.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes of its payload.</summary>
    public required int Bytes { get; init; }

    /// <summary>What travels with it.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>How many attempts there were.</summary>
    public required int Attempts { get; init; }

    /// <summary>The first and last attempts; only where one message was asked for.</summary>
    public IReadOnlyList<AttemptBody>? History { get; init; }

    internal static string DurabilityText(bool stable) => stable ? "stable" : "memory";

    internal static MessageBody Of(MessageView view, IPeerDirectory peers, bool history = false) => new()
    {
        Id = view.Id,
        To = view.To.ToString(),
        ToName = peers.Find(view.To)?.Name,
        Protocol = view.Protocol,
        Level = view.Level,
        Key = view.Key,
        State = StateText.Of(view.State),
        Durability = DurabilityText(view.Stable),
        Created = view.Created.UtcDateTime,
        Expires = view.Expires?.UtcDateTime,
        EndedAt = view.EndedAt?.UtcDateTime,
        NextAttempt = view.NextAttempt?.UtcDateTime,
        Reason = view.Reason,
        Bytes = view.PayloadBytes,
        Attributes = view.Attributes,
        Attempts = view.AttemptCount,
        History = history
            ? view.Attempts.Select(a => new AttemptBody(a.At.UtcDateTime, a.Address, a.Outcome)).ToList()
            : null,
    };
}

/// <summary>A page of messages.</summary>
/// <param name="Messages">Oldest first.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null where this is the last.</param>
public sealed record MessageList(
    IReadOnlyList<MessageBody> Messages, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? Next);

/// <summary>A page of dead letters.</summary>
/// <param name="DeadLetters">Oldest first.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null where this is the last.</param>
public sealed record DeadLetterList(
    IReadOnlyList<MessageBody> DeadLetters, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? Next);
