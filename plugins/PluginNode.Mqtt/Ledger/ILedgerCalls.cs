using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Ledger;

/// <summary>Asks others for events through the broker. Whatever they or the broker do is a value. Any thread.</summary>
internal interface ILedgerCalls
{
    /// <summary>Asks a PluginNode for signed events.</summary>
    Task<PageReply> PageAsync(PeerId peer, EventsAsk ask, TimeSpan limit, CancellationToken cancellation);

    /// <summary>Asks a PluginNode what it holds by day; null where it does not say.</summary>
    Task<IReadOnlyList<LedgerDay>?> DaysAsync(PeerId peer, TimeSpan limit, CancellationToken cancellation);

    /// <summary>Asks a nara for social events in the older form, and gathers its responses. One call for a name at a
    /// time.</summary>
    Task<NaraReply> NaraAsync(
        string name, IReadOnlyList<string> subjects, TimeSpan limit, CancellationToken cancellation);
}

/// <summary>A page of signed events.</summary>
/// <param name="Events">As JSON; empty where there is a failure.</param>
/// <param name="Next">The cursor of the next page; empty: there is none.</param>
/// <param name="Failure">Why there is no answer, one line; null where there is one.</param>
internal sealed record PageReply(IReadOnlyList<ReadOnlyMemory<byte>> Events, string Next, string? Failure)
{
    /// <summary>Nobody takes such requests there: it is no PluginNode, or not at this broker.</summary>
    public bool IsNobodyThere { get; init; }
}

/// <summary>What a nara told.</summary>
/// <param name="Events">Of all responses.</param>
/// <param name="Bytes">Of all responses.</param>
/// <param name="Failure">Why there is no answer, one line; null where there is one.</param>
internal sealed record NaraReply(IReadOnlyList<NaraSocial> Events, long Bytes, string? Failure);
