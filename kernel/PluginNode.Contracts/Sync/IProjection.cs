using PluginNode.Events;

namespace PluginNode.Sync;

/// <summary>State that is derived from the ledger. Registered as a singleton in
/// <see cref="Plugins.IPluginBuilder.Services"/>; a plugin may register many.</summary>
public interface IProjection
{
    /// <summary>
    /// Derives the state anew from what the ledger holds: once after it was opened, once after a recovery has merged,
    /// and some time after other events were merged, several merges together. One call at a time. What it throws is
    /// reported as the plugin's fault, and the next call is made all the same.
    /// </summary>
    /// <param name="ledger">The ledger, to be read by service: a projection that reads all of it delays others.</param>
    /// <param name="cancellation">The node stops; the state may stay as it was.</param>
    Task UpdateAsync(ILedger ledger, CancellationToken cancellation);
}

/// <summary>Extra service of a plugin: what events say about peers, for the control API. Callable from any
/// thread.</summary>
public interface IPeerPresence
{
    /// <summary>What is known of somebody by name; null where nothing is.</summary>
    PeerPresence? Find(string name);
}

/// <summary>What events say about a peer.</summary>
public sealed record PeerPresence
{
    /// <summary>Whether its last word was that it is there; null where that is not known.</summary>
    public bool? IsUp { get; init; }

    /// <summary>When it was last seen by somebody, itself included; null: never.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>How often it was started again; null where nobody said.</summary>
    public int? Restarts { get; init; }

    /// <summary>Average round trip time that others measured to it, in milliseconds; null: none did.</summary>
    public double? PingMilliseconds { get; init; }

    /// <summary>How many measurements that is the average of.</summary>
    public int Pings { get; init; }
}
