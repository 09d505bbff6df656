using Google.Protobuf;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Peers;
using PluginNode.Storage.Records;

namespace PluginNode.Storage;

/// <summary>
/// Whether what a record says can be: its tag holds, so it is what some version of this node wrote, but not necessarily
/// this one. A record that makes no sense concerns no other, and must not keep the node from starting.
/// </summary>
internal static class RecordSense
{
    // What DateTimeOffset holds: the years 1 to 9999.
    private const long FirstMs = -62_135_596_800_000, LastMs = 253_402_300_799_999;

    /// <summary>Half of what a TimeSpan holds: adding to it cannot overflow.</summary>
    private const long MostElapsed = long.MaxValue / 2;

    /// <summary>Why it cannot be; null where it can.</summary>
    public static string? Problem(OutboxHeader h, int sealedBody) =>
        Key(h.To) ?? Time(h.CreatedMs) ?? Time(h.ExpiresMs) ?? Elapsed(h.ExpiresAt) ?? Body(h.PayloadBytes, sealedBody);

    public static string? Problem(InboxHeader h, int sealedBody) =>
        Key(h.From) ?? Time(h.ReceivedMs) ?? Body(h.PayloadBytes, sealedBody);

    public static string? Problem(DeadMark mark) => Time(mark.EndedMs);

    public static string? Problem(RememberedIds ids) =>
        ids.Ids.All(i => Enum.IsDefined((MessageState)i.State)) ? null : "a state is unknown to this version";

    public static string? Problem(SeenIds ids) => Key(ids.From);

    public static string? Problem(StoredPeer peer) =>
        PeerBook.IsName(peer.Name) ? Key(peer.Key) : "the peer's name is none";

    public static string? Problem(ClockMark mark) => Time(mark.WallMs) ?? Elapsed(mark.Elapsed);

    public static string? Problem(SyncMarks marks) => marks.Marks.Select(m =>
        m.Since < 0 || m.WholeAt < 0 ? "a time is out of range" : Key(m.Key)).FirstOrDefault(p => p is not null);

    private static string? Key(ByteString key) =>
        key.Length == PeerId.KeyBytes ? null : $"a key has {key.Length} bytes and not {PeerId.KeyBytes}";

    private static string? Time(long ms) => ms is >= FirstMs and <= LastMs ? null : "a time is out of range";

    private static string? Elapsed(long ticks) =>
        ticks is >= 0 and <= MostElapsed ? null : "an elapsed time is out of range";

    /// <summary>The sealed header knows how long the body is: without this an empty one, which is sealed as nothing,
    /// could stand in the place of any other.</summary>
    private static string? Body(int payload, int sealedBody) =>
        payload >= 0 && RecordSealer.SealedBytes(payload) == sealedBody
            ? null : "the body has another length than it had";
}
