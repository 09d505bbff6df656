using Microsoft.Extensions.Logging;

namespace PluginNode;

/// <summary>What the kernel logs: events 1000–1999. No payload, key, protocol or peer name.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1000, LogLevel.Warning, "The wall clock moved by {Step} against elapsed time, or the node was stopped "
        + "for as long. Nothing expires until a peer's signed time or the operator (POST /v1/clock/confirm) "
        + "confirms the clock.")]
    public static partial void ClockStepped(ILogger logger, TimeSpan step);

    [LoggerMessage(1001, LogLevel.Information, "The wall clock is confirmed; expiry goes on.")]
    public static partial void ClockConfirmed(ILogger logger);

    [LoggerMessage(1002, LogLevel.Warning, "Store: {What}, {Bytes} bytes at {Where}; copied to quarantine.")]
    public static partial void StoreDamaged(ILogger logger, string what, long bytes, string where);

    [LoggerMessage(1003, LogLevel.Information, "Store open: {Waiting} messages wait to be sent, {Inbox} to be acknowledged, "
        + "{Dead} dead letters, {Damaged} damaged records.")]
    public static partial void StoreOpened(ILogger logger, long waiting, long inbox, long dead, long damaged);

    [LoggerMessage(1004, LogLevel.Error, "The store failed: {Reason}")]
    public static partial void StoreFailed(ILogger logger, string reason);

    [LoggerMessage(1005, LogLevel.Information, "Peer {Peer} is reachable.")]
    public static partial void PeerUp(ILogger logger, string peer);

    [LoggerMessage(1006, LogLevel.Warning, "Peer {Peer} cannot be reached: {Reason}")]
    public static partial void PeerDown(ILogger logger, string peer, string reason);

    [LoggerMessage(1007, LogLevel.Warning, "Message {Id} is a dead letter: {Reason}")]
    public static partial void DeadLetter(ILogger logger, Guid id, string reason);

    [LoggerMessage(1008, LogLevel.Error, "A transport failed: {Reason}")]
    public static partial void TransportFaulted(ILogger logger, string reason);

    [LoggerMessage(1012, LogLevel.Information, "The store takes commits again.")]
    public static partial void StoreWorks(ILogger logger);

    [LoggerMessage(1011, LogLevel.Error, "Message {Id} is lost: its record {Sequence} is damaged; a copy lies in the "
        + "store's quarantine.")]
    public static partial void MessageDamaged(ILogger logger, Guid id, long sequence);

    [LoggerMessage(1010, LogLevel.Critical, "A fault of the kernel itself; it goes on. Please report it: {Fault}")]
    public static partial void LoopFaulted(ILogger logger, string fault);

    [LoggerMessage(1009, LogLevel.Error, "A message sink failed, try {Try}: {Reason}")]
    public static partial void SinkFailed(ILogger logger, int @try, string reason);

    [LoggerMessage(1013, LogLevel.Error, "A message sink does not come back: it is left behind, and what it was "
        + "handling stays in the inbox.")]
    public static partial void SinkHangs(ILogger logger);

    [LoggerMessage(1014, LogLevel.Error, "{Count} events of the ledger are lost: their record {Sequence} is damaged; a "
        + "copy lies in the store's quarantine. Neighbours are asked for them again.")]
    public static partial void EventsDamaged(ILogger logger, int count, long sequence);

    [LoggerMessage(1015, LogLevel.Information, "Ledger open: {Events} events in {Records} records, {Keys} learned "
        + "keys.")]
    public static partial void LedgerOpened(ILogger logger, int events, int records, int keys);

    [LoggerMessage(1016, LogLevel.Warning, "An event announces another key than the one known for its emitter; it is "
        + "refused. {Count} so far. If that peer really has a new key, remove the old one.")]
    public static partial void OtherKey(ILogger logger, long count);

    [LoggerMessage(1017, LogLevel.Warning, "A peer claims a member id that another peer is known by; the first keeps "
        + "it. {Count} so far.")]
    public static partial void OtherId(ILogger logger, long count);

    [LoggerMessage(1020, LogLevel.Error, "Plugin '{Owner}': {What}")]
    public static partial void SyncPluginFaulted(ILogger logger, string owner, string what);

    [LoggerMessage(1022, LogLevel.Information, "Recovery begins, try {Attempt}, with {Neighbours} neighbours; "
        + "signatures are checked by {Checks}.")]
    public static partial void RecoveryBegins(ILogger logger, int attempt, int neighbours, string checks);

    [LoggerMessage(1023, LogLevel.Information, "Strategy {Strategy} for {Purpose} ended {Outcome} after {Elapsed}: "
        + "{Calls} calls, {Failures} failed, {Merged} events new of {Received}.")]
    public static partial void StrategyEnded(
        ILogger logger, string strategy, Sync.SyncPurpose purpose, Sync.SyncOutcome outcome, TimeSpan elapsed,
        long calls, long failures, long merged, long received);

    [LoggerMessage(1024, LogLevel.Information, "Recovery: {Phase}, by {Strategy}; {Events} events here, share of what "
        + "neighbours hold: {Share}.")]
    public static partial void RecoveryEnded(
        ILogger logger, Recovery.RecoveryPhase phase, string? strategy, int events, double? share);

    [LoggerMessage(1025, LogLevel.Warning, "Recovery: nobody answers; it goes on trying in the background.")]
    public static partial void NobodyThere(ILogger logger);

    [LoggerMessage(1027, LogLevel.Warning, "Recovery: {Neighbours} of the neighbours refuse this node: it must be in "
        + "their peer list, with its name and its public key. It goes on trying in the background.")]
    public static partial void Refused(ILogger logger, int neighbours);

    [LoggerMessage(1026, LogLevel.Warning, "How far neighbours were read is forgotten, they are asked for everything "
        + "again: {Reason}.")]
    public static partial void MarksDropped(ILogger logger, string reason);
}
