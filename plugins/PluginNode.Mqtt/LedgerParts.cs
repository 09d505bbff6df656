using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.Mqtt;

/// <summary>What requests for events need of the node, besides what the transport does.</summary>
/// <param name="Ledger">What is given to others.</param>
/// <param name="Writer">Events as JSON.</param>
/// <param name="Name">What this node is called in the nara network.</param>
/// <param name="Keys">Who is known beyond the peer list; null where nobody is learned.</param>
public sealed record LedgerParts(ILedger Ledger, IEventWriter Writer, string Name, IEventKeys? Keys)
{
    /// <summary>Whether others are answered; a node that only listens asks and does not answer.</summary>
    public bool Answers { get; init; } = true;

    /// <summary>Whether a node hands in what is needed; nothing is resolved.</summary>
    internal static bool AreIn(IServiceCollection services) =>
        Has<ILedger>(services) && Has<IEventWriter>(services) && Has<INaraSigner>(services);

    /// <summary>Null where the node hands in no ledger: then nothing is asked and nobody answered.</summary>
    internal static LedgerParts? Of(IServiceProvider services) =>
        services.GetService<ILedger>() is { } ledger && services.GetService<IEventWriter>() is { } writer
        && services.GetService<INaraSigner>() is { } signer
            ? new LedgerParts(ledger, writer, signer.Name, services.GetService<IEventKeys>())
            {
                Answers = services.GetService<NodeInfo>() is not { IsReadOnly: true },
            }
            : null;

    private static bool Has<T>(IServiceCollection services) => services.Any(s => s.ServiceType == typeof(T));
}
