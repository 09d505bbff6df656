namespace PluginNode.Storage;

/// <summary>The kernel's collections, as they stand in each record's key. Numbers are stored: never reuse
/// one.</summary>
internal enum Collection : byte
{
    Outbox = 1,
    DeadMarks = 2,
    RememberedIds = 3,
    Inbox = 4,
    SeenIds = 5,
    Peers = 6,
    Clock = 7,
    Events = 8,
    PinnedKeys = 9,
    SyncMarks = 10,
}
