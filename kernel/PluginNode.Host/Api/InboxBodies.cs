using System.Text;
using System.Text.Unicode;
using PluginNode.Delivery;
using PluginNode.Identity;

namespace PluginNode.Api;

/// <summary>A message that a peer sent.</summary>
/// <param name="Id">Unique for its sender only.</param>
/// <param name="From">The sender's peer id.</param>
/// <param name="FromName">The sender's local name, where it has one.</param>
/// <param name="Protocol">What it is for.</param>
/// <param name="Level">The sender's delivery level.</param>
/// <param name="ReceivedAt">When it was received.</param>
/// <param name="Attributes">What the sender attached.</param>
/// <param name="Payload">The payload in base64.</param>
/// <param name="Text">The payload as text, where it is UTF-8.</param>
/// <param name="Cursor">Its place in the list: what to give as <c>after</c> to continue behind it.</param>
public sealed record InboxMessageBody(
    Guid Id, string From, string? FromName, string Protocol, string Level, DateTime ReceivedAt,
    IReadOnlyDictionary<string, string> Attributes, ReadOnlyMemory<byte> Payload, string? Text, long Cursor)
{
    internal static InboxMessageBody Of(InboxItem item, IPeerDirectory peers)
    {
        var message = item.Message;
        var bytes = message.Payload.Span;
        return new InboxMessageBody(
            message.Id, message.From.ToString(), peers.Find(message.From)?.Name, message.Protocol, message.Level,
            message.ReceivedAt.UtcDateTime, message.Attributes, message.Payload,
            Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null, item.Cursor);
    }
}

/// <summary>A page of the inbox.</summary>
/// <param name="Messages">Oldest first.</param>
/// <param name="Next">What to give as <c>after</c> for what comes behind this page, now or later.</param>
public sealed record InboxList(IReadOnlyList<InboxMessageBody> Messages, long Next);

/// <summary>The body of <c>POST /v1/inbox/ack</c>.</summary>
public sealed record AckBody
{
    /// <summary>Message ids; <c>peerid/id</c> where two senders used the same id. At most 10 000.</summary>
    public required IReadOnlyList<string> Ids { get; init; }
}

/// <summary>The answer to an acknowledgement.</summary>
/// <param name="Acknowledged">How many were removed.</param>
/// <param name="Unknown">Ids that are not in the inbox, e.g. because they were acknowledged before.</param>
/// <param name="Ambiguous">Ids that two senders used; say <c>peerid/id</c>.</param>
public sealed record AckAnswer(int Acknowledged, IReadOnlyList<Guid> Unknown, IReadOnlyList<Guid> Ambiguous);
