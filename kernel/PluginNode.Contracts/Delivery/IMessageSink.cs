using PluginNode.Identity;

namespace PluginNode.Delivery;

/// <summary>A message that a peer sent, already on stable storage here.</summary>
/// <param name="Id">Unique for its sender only.</param>
/// <param name="From">The authenticated sender.</param>
/// <param name="Protocol">What it is for.</param>
/// <param name="Level">The sender's delivery level, by name.</param>
/// <param name="ReceivedAt">When it was received, by this node's clock.</param>
/// <param name="Attributes">What the sender attached; never null.</param>
/// <param name="Payload">The sender's bytes. Immutable; may be kept.</param>
public sealed record InboxMessage(
    Guid Id, PeerId From, string Protocol, string Level, DateTimeOffset ReceivedAt,
    IReadOnlyDictionary<string, string> Attributes, ReadOnlyMemory<byte> Payload);

/// <summary>
/// Takes the inbox messages of the protocols that it names, instead of the control API. Messages of one sender and
/// lane come one at a time and in order; different lanes may come at once.
/// </summary>
public interface IMessageSink
{
    /// <summary>The protocol ids that this sink takes; read once, after construction. Two sinks for one protocol: the
    /// second plugin is faulted.</summary>
    IReadOnlyCollection<string> Protocols { get; }

    /// <summary>
    /// Handles one message. When the task completes the message is acknowledged and removed. When it throws, the same
    /// message comes again after a backoff, and after the last try becomes an inbox dead letter. Because the node may
    /// stop between completion and removal, the same message can come twice: handling must bear that.
    /// </summary>
    Task HandleAsync(InboxMessage message, CancellationToken cancellation);
}
