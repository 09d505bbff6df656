using System.Text.Json;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Recovery;
using PluginNode.Simulation.Machine;
using PluginNode.Simulation.World;
using PluginNode.Sync;

namespace PluginNode.Simulation.Checks;

/// <summary>Knows every event that was recorded, and holds the ledgers to it.</summary>
internal sealed class LedgerAuditor(IStage stage)
{
    private readonly EventKinds _kinds = new();
    private readonly List<Fact> _facts = [];
    private readonly Dictionary<EventId, Fact> _byId = [];
    private readonly Dictionary<string, PeerId> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<Event> _vetted = new(ReferenceEqualityComparer.Instance); // they never change
    private readonly Dictionary<int, (int Life, IReadOnlyList<LedgerDay> Days)> _audited = [];

    /// <summary>How many events were recorded, or begun to be.</summary>
    public int Count => _facts.Count;

    /// <summary>Some event of anybody's; null: there is none yet.</summary>
    public Event? Some() => _facts.Count == 0 ? null : _facts[stage.Below(_facts.Count)].Event;

    /// <summary>Whose key an emitter has.</summary>
    public void Know(string emitter, PeerId key) => _keys[emitter] = key;

    public Fact NewFact(string emitter)
    {
        var fact = new Fact(_facts.Count + 1, emitter);
        _facts.Add(fact);
        return fact;
    }

    public void Recorded(Fact fact, RecordedEvent recorded)
    {
        Check(recorded.Event is not null, $"event {fact.Number} was not recorded: {recorded.Problem}");
        fact.Promised = true;
        Vet(fact.Emitter, recorded.Event!);
        Check(ReferenceEquals(_byId[recorded.Event!.Id], fact), $"event {fact.Number} has the id of another one");
    }

    /// <summary>What has to hold at any moment: a ledger holds nothing but what was recorded, and all that its node was
    /// told is recorded; the counts conserve.</summary>
    /// <param name="node">Whose ledger.</param>
    /// <param name="kernel">Its kernel.</param>
    /// <param name="lenient">Whether its disk was damaged or lost, so that events may be gone.</param>
    public void Audit(INode node, NodeKernel kernel, bool lenient)
    {
        Conserves(node, kernel.Recovery.Totals);
        foreach (var step in kernel.Recovery.State.Steps) Conserves(node, step.Counts);
        var days = kernel.Ledger.Days();
        if (_audited.TryGetValue(node.Number, out var before) && before.Life == node.Lives
            && before.Days.SequenceEqual(days)) return;
        _audited[node.Number] = (node.Lives, days);
        CheckTrue(node.Name, kernel.Ledger);
        if (!lenient) CheckWhole(node, kernel.Ledger, [node]);
    }

    /// <summary>Nothing is there that its emitter did not record, in just this way.</summary>
    public void CheckTrue(string where, ILedger ledger)
    {
        foreach (var @event in All(ledger))
            if (_vetted.Add(@event)) Vet(where, @event);
    }

    /// <summary>Nothing is missing that these recorded.</summary>
    public void CheckWhole(INode node, ILedger ledger, IEnumerable<INode> by)
    {
        var emitters = by.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var fact in _facts.Where(f => f.Promised && emitters.Contains(f.Emitter)))
            Check(
                ledger.Find(fact.Event!.Id) is not null,
                $"event {fact.Number} of {fact.Emitter} is not in the ledger of {node.Name}");
    }

    /// <summary>In what ledgers differ; null: in nothing.</summary>
    public string? Difference(IReadOnlyList<INode> nodes)
    {
        var first = nodes[0].Kernel!.Ledger;
        foreach (var node in nodes.Skip(1))
        {
            var other = node.Kernel!.Ledger;
            if (first.Days().SequenceEqual(other.Days())) continue;
            return $"{nodes[0].Name} lacks {Lacking(first, other)}; {node.Name} lacks {Lacking(other, first)}";
        }
        return null;
    }

    public void CheckRecovered(INode node)
    {
        var state = node.Kernel!.Recovery.State;
        Check(
            state.Phase == RecoveryPhase.Recovered,
            $"{node.Name} says {state.Phase}, {state.Strategy}, next at {state.NextAt:HH:mm:ss}: "
            + string.Join("; ", state.Steps.Select(s => $"{s.Purpose} {s.Outcome} {s.Reason}")));
        var c = node.Kernel!.Recovery.Totals;
        Conserves(node, c);
        var rejected = string.Join(", ", c.Rejected.Select(r => $"{r.Value} {r.Key}"));
        stage.Trace.Add(
            node.Name, $"was told {c.Received} events by {c.Calls} calls, {c.Failures} failed; {c.Merged} new, "
            + $"{c.Pending} pending, {c.Freed} freed, {rejected}");
    }

    private static IEnumerable<Event> All(ILedger ledger)
    {
        var query = new LedgerQuery { Limit = 1000 };
        for (var more = true; more;)
        {
            var page = ledger.Read(query);
            foreach (var @event in page.Events) yield return @event;
            query = query with { After = page.Next };
            more = page.Next is not null;
        }
    }

    private string Lacking(ILedger one, ILedger other)
    {
        var lacking = All(other).Where(e => one.Find(e.Id) is null).Select(e => _byId[e.Id].Number).ToList();
        return lacking.Count == 0 ? "nothing" : $"events {string.Join(", ", lacking.Take(20))}";
    }

    private void Conserves(INode node, SyncCounts c) => Check(
        c.Received == c.Merged + c.Duplicates + c.Pending + c.Pruned + c.Rejected.Values.Sum(),
        $"{node.Name}: the counts of its sync do not conserve: {c}");

    /// <summary>It is what its emitter recorded, whatever was told.</summary>
    private void Vet(string where, Event @event)
    {
        if (_byId.TryGetValue(@event.Id, out var known))
        {
            var recorded = known.Event!;
            Check(
                @event.Emitter == recorded.Emitter && @event.Timestamp == recorded.Timestamp
                && @event.Signature.Span.SequenceEqual(recorded.Signature.Span) && Says(@event, recorded.Data),
                $"{where} holds event {known.Number} otherwise than it was recorded");
            return;
        }
        // Its node was gone before it said so: it is what was to be recorded, or nobody's.
        var fact = FactOf(@event);
        Check(
            fact is { Event: null } && fact.Emitter == @event.Emitter && Says(@event, fact.Data) && IsSigned(@event),
            $"{where} holds {@event} of '{@event.Emitter}', which nobody recorded");
        (fact!.Event, _byId[@event.Id]) = (@event, fact);
    }

    private Fact? FactOf(Event @event)
    {
        try
        {
            using var data = JsonDocument.Parse(@event.Data);
            var number = data.RootElement.GetProperty("n").GetInt32();
            return number > 0 && number <= _facts.Count ? _facts[number - 1] : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return null;
        }
    }

    /// <summary>The id is that of this data, however it is spelled.</summary>
    private bool Says(Event @event, ReadOnlyMemory<byte> data) =>
        @event.Service == Fact.Service && Fits(@event)
        && (@event.Data.Span.SequenceEqual(data.Span) || Fits(new Event(
            @event.Id, @event.Timestamp, @event.Service, @event.Emitter, "", @event.Signature.Span, data.Span)));

    private bool Fits(Event @event) => EventVerifier.CheckContent(@event, _kinds.Of(@event.Service)).IsValid;

    private bool IsSigned(Event @event) => _keys.TryGetValue(@event.Emitter, out var key)
        && EventVerifier.Check(@event, _kinds.Of(@event.Service), key, _ => null).IsValid;

    private void Check(bool holds, string broken)
    {
        if (holds) return;
        stage.Fail(broken);
        throw new SimulationException(broken);
    }
}
