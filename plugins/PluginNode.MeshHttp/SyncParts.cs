using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.MeshHttp;

/// <summary>What event sync needs of the node, besides what the transport does.</summary>
/// <param name="Ledger">What is given to neighbours.</param>
/// <param name="Writer">Events as JSON.</param>
/// <param name="Signer">Signs as the nara network's wire wants it.</param>
/// <param name="Keys">Keys beyond the peer list; null where none are learned.</param>
public sealed record SyncParts(ILedger Ledger, IEventWriter Writer, INaraSigner Signer, IEventKeys? Keys)
{
    /// <summary>Whether neighbours are answered; a node that only listens asks and does not answer.</summary>
    public bool Answers { get; init; } = true;

    /// <summary>Whether a node hands in what sync needs; nothing is resolved.</summary>
    internal static bool AreIn(IServiceCollection services) =>
        Has<ILedger>(services) && Has<IEventWriter>(services) && Has<INaraSigner>(services);

    /// <summary>Null where the node hands in no ledger: then there is no sync.</summary>
    internal static SyncParts? Of(IServiceProvider services) =>
        services.GetService<ILedger>() is { } ledger && services.GetService<IEventWriter>() is { } writer
        && services.GetService<INaraSigner>() is { } signer
            ? new SyncParts(ledger, writer, signer, services.GetService<IEventKeys>())
            {
                Answers = services.GetService<NodeInfo>() is not { IsReadOnly: true },
            }
            : null;

    /// <summary>The key of a name, the peer list first; none for who is only sent to.</summary>
    internal PeerId? KeyOf(string name, IPeerDirectory peers) =>
        peers.Find(name) is { } peer ? peer.SendOnly ? null : peer.Id : Keys?.Find(name);

    private static bool Has<T>(IServiceCollection services) => services.Any(s => s.ServiceType == typeof(T));
}
