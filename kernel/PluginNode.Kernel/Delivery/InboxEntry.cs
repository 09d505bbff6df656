using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>A message in the inbox, its payload left on disk.</summary>
internal sealed class InboxEntry
{
    public required Guid Id { get; init; }
    public required PeerId From { get; init; }
    public required long Sequence { get; init; }
    public required InboxHeader Header { get; init; }

    /// <summary>Being acknowledged: no longer shown, and not to be acknowledged again.</summary>
    public bool Leaving { get; set; }

    /// <summary>Its sink failed for good: the application is shown it.</summary>
    public bool GivenUp { get; set; }

    public long Bytes => MessageSize.Of(Header);
    public BodyKey BodyKey =>
        new(new RecordKey((byte)Collection.Inbox, Id, Sequence), RecordSealer.SealedBytes(Header.PayloadBytes));

    public InboxMessage ToMessage(ReadOnlyMemory<byte> payload) => new(
        Id, From, Header.Protocol, Header.Level, DateTimeOffset.FromUnixTimeMilliseconds(Header.ReceivedMs),
        StoredAttributes.Read(Header.Attributes), payload);
}
