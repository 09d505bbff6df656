using System.Collections.Concurrent;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>Neighbours that answer as the test says, and what they were asked.</summary>
internal sealed class ScriptedCalls : ILedgerCalls
{
    public ConcurrentQueue<(PeerId Peer, EventsAsk Ask)> Pages { get; } = new();

    public ConcurrentQueue<(string Name, IReadOnlyList<string> Subjects)> Naras { get; } = new();

    /// <summary>Unless it is said, nobody is a PluginNode.</summary>
    public Func<PeerId, EventsAsk, PageReply> OnPage { get; set; } =
        (_, _) => new PageReply([], "", "nobody") { IsNobodyThere = true };

    public Func<string, IReadOnlyList<string>, NaraReply> OnNara { get; set; } = (_, _) => new NaraReply([], 30, null);

    public Task<PageReply> PageAsync(PeerId peer, EventsAsk ask, TimeSpan limit, CancellationToken cancellation)
    {
        Pages.Enqueue((peer, ask));
        return Task.FromResult(OnPage(peer, ask));
    }

    public Task<IReadOnlyList<LedgerDay>?> DaysAsync(PeerId peer, TimeSpan limit, CancellationToken cancellation) =>
        throw new NotSupportedException("A run asks nobody for days.");

    public Task<NaraReply> NaraAsync(
        string name, IReadOnlyList<string> subjects, TimeSpan limit, CancellationToken cancellation)
    {
        Naras.Enqueue((name, subjects));
        return Task.FromResult(OnNara(name, subjects));
    }
}
