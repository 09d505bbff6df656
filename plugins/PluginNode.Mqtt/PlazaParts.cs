using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt;

/// <summary>What presence in the nara network needs of the node, besides what the transport does.</summary>
/// <param name="Ledger">Takes this node's own words, and those of others.</param>
/// <param name="Writer">Events as JSON.</param>
/// <param name="Keys">Who is known beyond the peer list; null where nobody is learned.</param>
public sealed record PlazaParts(ILedgerWriter Ledger, IEventWriter Writer, IEventKeys? Keys)
{
    /// <summary>The name that this node announces; null: it announces nothing, and takes what others say.</summary>
    public string? Announces { get; init; }

    /// <summary>Whether the node reads presence events: a plugin has to provide their kinds. Known once transports
    /// start.</summary>
    internal bool AreRead =>
        Writer.IsKnownOutside(PresenceClaim.HeyThere) && Writer.IsKnownOutside(PresenceClaim.Chau);

    /// <summary>Null where the node hands in no ledger: then nothing is announced or taken.</summary>
    /// <param name="services">The node's.</param>
    /// <param name="announces">Whether the settings let this node be announced.</param>
    internal static PlazaParts? Of(IServiceProvider services, bool announces) =>
        services.GetService<ILedgerWriter>() is { } ledger && services.GetService<IEventWriter>() is { } writer
            ? new PlazaParts(ledger, writer, services.GetService<IEventKeys>())
            {
                Announces = announces && services.GetService<NodeInfo>() is not { IsReadOnly: true }
                    ? services.GetService<INaraSigner>()?.Name : null,
            }
            : null;
}
