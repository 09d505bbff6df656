namespace PluginNode.EndToEnd.Tests;

/// <summary>What a node itself says at the end.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Waiting">Ids in its outbox.</param>
/// <param name="Unread">Ids in its inbox.</param>
/// <param name="Dead">Its dead letters: id → reason.</param>
internal sealed record Remains(
    string Node, IReadOnlySet<string> Waiting, IReadOnlySet<string> Unread, IReadOnlyDictionary<string, string> Dead);

/// <summary>A promise that was not kept.</summary>
internal enum Fault
{
    /// <summary>Accepted, never seen, and nobody has it any more.</summary>
    Lost,

    /// <summary>Twice in an inbox, or back after it was acknowledged.</summary>
    Doubled,

    /// <summary>First seen after one that was accepted later in its lane.</summary>
    OutOfOrder,

    /// <summary>Still waiting at its sender, or not yet read at its receiver.</summary>
    Stuck,

    /// <summary>A dead letter whose reason is not one that this message could have had.</summary>
    DeadWithoutReason,

    /// <summary>Not what was sent: another text, another receiver, or nobody's.</summary>
    Altered,
}

/// <summary>One of them, with what is known of the message.</summary>
internal sealed record Finding(Fault Fault, string What);

/// <summary>Holds what the nodes did against what applications were told.</summary>
internal sealed class Audit
{
    private readonly Dictionary<string, Sent> _sent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _begun = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _accepted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Saw> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _acknowledged = new(StringComparer.Ordinal);
    private readonly Dictionary<(string From, string To, string Key), Sent> _last = [];
    private readonly Dictionary<string, int> _killed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _stopped = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _buried = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];

    private Audit(IReadOnlyList<Happening> history)
    {
        for (var i = 0; i < history.Count; i++) Note(i, history[i]);
    }

    public IReadOnlyList<Finding> Findings => _findings;

    public int Accepted => _accepted.Count;

    public int Seen => _seen.Count;

    /// <summary>Accepted messages that their level allows to be gone after a kill, and that are gone.</summary>
    public int Forgotten { get; private set; }

    /// <summary>Those whose sender was killed while they were on the wire, and that came behind later ones: their
    /// sender had forgotten them, and what it sent after its restart overtook them.</summary>
    public int Late { get; private set; }

    public int Dead { get; private set; }

    /// <summary>From the answer to its sender until it was first seen; the longest.</summary>
    public TimeSpan LongestDelivery { get; private set; }

    /// <param name="history">In the order in which it happened.</param>
    /// <param name="remains">Of every node; without them nothing can be stuck, dead or explained.</param>
    public static Audit Of(IReadOnlyList<Happening> history, params IReadOnlyList<Remains> remains)
    {
        var audit = new Audit(history);
        audit.Settle(remains.ToDictionary(r => r.Node, StringComparer.Ordinal));
        return audit;
    }

    private void Note(int place, Happening happening)
    {
        switch (happening)
        {
            case Sent sent:
                _sent.Add(sent.Id, sent);
                _begun[sent.Id] = place;
                break;
            case Accepted accepted:
                _accepted.TryAdd(accepted.Id, accepted.At);
                break;
            case Saw saw:
                Note(saw);
                break;
            case Acknowledged acknowledged:
                _acknowledged.Add(acknowledged.Id);
                break;
            case Buried buried:
                _buried[buried.Id] = buried.Reason;
                break;
            case Killed killed:
                _killed[killed.Node] = place;
                break;
            case Stopped stopped:
                _stopped[stopped.Node] = place;
                if (stopped.DiskFull) _killed[stopped.Node] = place; // it could not write down what it had in memory
                break;
        }
    }

    private void Note(Saw saw)
    {
        if (!_sent.TryGetValue(saw.Id, out var sent))
            Find(Fault.Altered, $"{saw.Id} '{saw.Text}' at {saw.By} was sent by nobody");
        else if (!_seen.TryAdd(saw.Id, saw)) NoteAgain(sent, saw);
        else
        {
            if (saw.By != sent.To) Find(Fault.Altered, $"{Name(sent)} reached {saw.By}");
            if (saw.Text != sent.Text) Find(Fault.Altered, $"{Name(sent)} became '{saw.Text}'");
            var lane = (sent.From, sent.To, sent.Key);
            if (!_last.TryGetValue(lane, out var last) || last.Number < sent.Number) _last[lane] = sent;
            else if (!sent.Stable && After(_killed, sent)) Late++;
            else Find(Fault.OutOfOrder, $"{Name(sent)} came behind {Name(last)}");
            if (_accepted.TryGetValue(sent.Id, out var at) && saw.At - at is var took && took > LongestDelivery)
                LongestDelivery = took;
        }
    }

    private void NoteAgain(Sent sent, Saw saw)
    {
        if (_seen[saw.Id].Place is var place && place != saw.Place)
            Find(Fault.Doubled, $"{Name(sent)} stood in the inbox at {place} and at {saw.Place}");
        else if (_acknowledged.Contains(saw.Id))
            Find(Fault.Doubled, $"{Name(sent)} came back after it was acknowledged");
    }

    private void Settle(Dictionary<string, Remains> remains)
    {
        foreach (var sent in _sent.Values)
        {
            var sender = remains.GetValueOrDefault(sent.From);
            if (sender?.Waiting.Contains(sent.Id) == true)
                Find(Fault.Stuck, $"{Name(sent)} still waits at {sent.From}");
            else if ((sender?.Dead.GetValueOrDefault(sent.Id) ?? _buried.GetValueOrDefault(sent.Id)) is { } reason)
                SettleDead(sent, reason);
            else if (_seen.ContainsKey(sent.Id)) continue;
            else if (remains.GetValueOrDefault(sent.To)?.Unread.Contains(sent.Id) == true)
                Find(Fault.Stuck, $"{Name(sent)} was not read at {sent.To}");
            else if (!_accepted.ContainsKey(sent.Id)) continue; // nobody was told that it would arrive
            else if (!sent.Stable && After(_killed, sent)) Forgotten++;
            else Find(Fault.Lost, Name(sent));
        }
    }

    private void SettleDead(Sent sent, string reason)
    {
        Dead++;
        var explained = !sent.Stable && (reason == "stopped"
            ? After(_stopped, sent) : reason.StartsWith("given up after ", StringComparison.Ordinal));
        if (!explained) Find(Fault.DeadWithoutReason, $"{Name(sent)} is a dead letter: {reason}");
    }

    private bool After(Dictionary<string, int> when, Sent sent) =>
        when.TryGetValue(sent.From, out var place) && place > _begun[sent.Id];

    private void Find(Fault fault, string what) => _findings.Add(new Finding(fault, what));

    private string Name(Sent sent) =>
        $"{sent.Id} ({sent.From} to {sent.To}, lane {sent.Key}, number {sent.Number}, "
        + $"{(sent.Stable ? "critical" : "moderate")}, sent at {sent.At:hh\\:mm\\:ss\\.fff}"
        + $"{(_accepted.TryGetValue(sent.Id, out var at) ? $", accepted at {at:hh\\:mm\\:ss\\.fff}" : "")})";
}
