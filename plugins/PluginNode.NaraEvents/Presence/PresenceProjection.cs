using System.Collections.Frozen;
using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.NaraEvents.Presence;

/// <summary>What the network's events say about everyone: who is up, when they were last seen, how often they started
/// again and how far away they are. It follows from what the ledger holds alone: not from the clock, and not from the
/// order in which events came.</summary>
internal sealed class PresenceProjection : IProjection, IPeerPresence
{
    private volatile FrozenDictionary<string, PeerPresence> _known = FrozenDictionary<string, PeerPresence>.Empty;

    public PeerPresence? Find(string name) => _known.GetValueOrDefault(name);

    public async Task UpdateAsync(ILedger ledger, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        var tallies = new Dictionary<string, Tally>(StringComparer.Ordinal);
        foreach (var (service, read) in Readers.All)
        {
            LedgerCursor? after = null;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                var page = ledger.Read(
                    new LedgerQuery { Services = [service], Limit = LedgerQuery.MostEvents, After = after });
                foreach (var @event in page.Events) Take(@event, read, tallies);
                after = page.Next;
                await Task.Yield(); // a large ledger takes a while, and others want the thread
            } while (after is not null);
        }
        _known = tallies.ToFrozenDictionary(t => t.Key, t => t.Value.ToPresence(), StringComparer.Ordinal);
    }

    private static void Take(Event @event, Reader read, Dictionary<string, Tally> tallies)
    {
        if (read(@event.Data.Span) is not { } fact) return;
        if (fact.IsOwnWord && @event.Emitter != fact.About) return;
        if (!tallies.TryGetValue(fact.About, out var tally)) tallies.Add(fact.About, tally = new Tally());
        tally.Add(fact, new LedgerCursor(@event.Timestamp, @event.Id));
    }
}
