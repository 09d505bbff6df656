using PluginNode.Ledger;

namespace PluginNode;

/// <summary>
/// The kernel's counters since process start. They conserve at every moment: accepted + restored + replayed =
/// delivered + sent + dead + cancelled + quarantined + waiting.
/// </summary>
/// <param name="Accepted">Messages taken from applications.</param>
/// <param name="Restored">Messages that waited in the store at start.</param>
/// <param name="Replayed">Dead letters put back.</param>
/// <param name="Delivered">The peer has it on stable storage.</param>
/// <param name="Sent">Ended without the peer's word, as configured.</param>
/// <param name="Dead">Became dead letters.</param>
/// <param name="Cancelled">Cancelled, those that may have arrived included.</param>
/// <param name="Quarantined">Lost to damage; a copy lies in quarantine.</param>
/// <param name="Waiting">Waiting or on their way, now.</param>
/// <param name="DeadLetters">Dead letters kept now, those of earlier runs included.</param>
/// <param name="InboxReceived">Messages that peers delivered.</param>
/// <param name="InboxDuplicates">Frames that were here already.</param>
/// <param name="InboxRefused">Frames refused for good.</param>
/// <param name="InboxWaiting">Messages that wait for the application, now.</param>
/// <param name="DamagedRecords">Store records found damaged, at start or since.</param>
/// <param name="ClockHeld">Whether the clock is in doubt and nothing expires.</param>
/// <param name="Ledger">Those of the ledger.</param>
public sealed record KernelMetrics(
    long Accepted, long Restored, long Replayed, long Delivered, long Sent, long Dead, long Cancelled, long Quarantined,
    long Waiting, long DeadLetters, long InboxReceived, long InboxDuplicates, long InboxRefused, long InboxWaiting,
    long DamagedRecords, bool ClockHeld, LedgerMetrics Ledger);
