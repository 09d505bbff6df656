using System.Globalization;
using System.Text;
using PluginNode.Composition;
using PluginNode.Events;
using PluginNode.Recovery;

namespace PluginNode.Api;

/// <summary>The counters in the Prometheus text format. They conserve, at every moment since the process started:
/// accepted + restored + replayed = delivered + sent + dead + cancelled + quarantined + waiting.</summary>
internal static class MetricsText
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly EventVerdict[] Reasons =
        [.. Enum.GetValues<EventVerdict>().Where(v => v != EventVerdict.Valid)];

    public static string Write(KernelMetrics metrics, SyncCounts sync, RecoveryState recovery)
    {
        var text = new StringBuilder();
        Counter("messages_accepted_total", "Messages that were accepted.", metrics.Accepted);
        Counter("messages_restored_total", "Messages that waited in the store at the start.", metrics.Restored);
        Counter("messages_replayed_total", "Dead letters that were sent again.", metrics.Replayed);
        Counter("messages_delivered_total", "Messages that their peer has on stable storage.", metrics.Delivered);
        Counter("messages_sent_total", "Messages that went out where the wire can say no more.", metrics.Sent);
        Counter("messages_dead_total", "Messages that became dead letters.", metrics.Dead);
        Counter("messages_cancelled_total", "Messages that were cancelled.", metrics.Cancelled);
        Counter("messages_quarantined_total", "Messages whose record was damaged.", metrics.Quarantined);
        Gauge("messages_waiting", "Messages that wait or are on their way.", metrics.Waiting);
        Gauge("dead_letters", "Dead letters that are kept, those of earlier runs included.", metrics.DeadLetters);
        Counter("inbox_received_total", "Messages that peers sent and that were stored.", metrics.InboxReceived);
        Counter("inbox_duplicates_total", "Messages that came again.", metrics.InboxDuplicates);
        Counter("inbox_refused_total", "Messages that were refused for good.", metrics.InboxRefused);
        Gauge("inbox_waiting", "Messages that wait to be acknowledged.", metrics.InboxWaiting);
        Counter("store_damaged_records_total", "Damaged records that were found.", metrics.DamagedRecords);
        Gauge("events", "Events in the ledger.", metrics.Ledger.Events);
        Counter("events_merged_total", "Events that came into the ledger.", metrics.Ledger.Merged);
        Counter("events_pruned_total", "Events that gave way to others, or found no room.", metrics.Ledger.Pruned);
        Counter("sync_calls_total", "Calls to neighbours for events, those that failed included.", sync.Calls);
        Counter("sync_calls_failed_total", "Calls to neighbours that failed.", sync.Failures);
        Counter("sync_events_received_total", "Events that neighbours told.", sync.Received);
        Counter("sync_events_merged_total", "Those of them that were new.", sync.Merged);
        Counter("sync_events_duplicate_total", "Those of them that were here.", sync.Duplicates);
        Head("counter", "sync_events_rejected_total", "Those of them that were kept out, by reason.");
        foreach (var reason in Reasons)
            Line(
                $"sync_events_rejected_total{{reason=\"{Words.Of(reason)}\"}}",
                sync.Rejected.GetValueOrDefault(reason));
        Gauge("recovery_under_way", "1 while the ledger is recovered.", recovery.IsUnderWay ? 1 : 0);
        if (recovery.Coverage?.Share is { } share)
        {
            Head("gauge", "coverage_share", "The share of what neighbours hold that is here for certain, 0 to 1.");
            Line("coverage_share", share);
        }
        Gauge("clock_held", "1 while the clock is in doubt and nothing expires.", metrics.ClockHeld ? 1 : 0);
        return text.ToString();

        void Counter(string name, string help, long value) => Write("counter", name, help, value);
        void Gauge(string name, string help, long value) => Write("gauge", name, help, value);
        void Write(string type, string name, string help, long value)
        {
            Head(type, name, help);
            Line(name, value);
        }
        void Head(string type, string name, string help) => text.Append(
            CultureInfo.InvariantCulture, $"# HELP pluginnode_{name} {help}\n# TYPE pluginnode_{name} {type}\n");
        void Line(string name, IFormattable value) =>
            text.Append(CultureInfo.InvariantCulture, $"pluginnode_{name} {value}\n");
    }
}
