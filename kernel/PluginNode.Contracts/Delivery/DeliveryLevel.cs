namespace PluginNode.Delivery;

/// <summary>
/// How reliably a message is delivered. A level is data: <c>critical</c>, <c>moderate</c> and <c>none</c> are built in,
/// and configuration may add more. Its name is stored in each envelope, so that a later change of the policy does not
/// change the fate of what waits.
/// </summary>
public sealed record DeliveryLevel
{
    /// <summary>On stable storage before it is accepted; retried until the peer has durably accepted it.</summary>
    public static readonly DeliveryLevel Critical = new() { Name = "critical", Queued = true, Persisted = true };

    /// <summary>In memory; three retries after the first failure, then a dead letter.</summary>
    public static readonly DeliveryLevel Moderate = new()
    {
        Name = "moderate",
        Queued = true,
        Retries = [TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5)],
    };

    /// <summary>One attempt; its outcome goes to the caller. Never accepted, never queued.</summary>
    public static readonly DeliveryLevel None = new() { Name = "none" };

    /// <summary>1–63 of <c>[a-z0-9-]</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a message of this level is accepted and waits in a lane. False only for <c>none</c>.</summary>
    public bool Queued { get; init; }

    /// <summary>Whether it is on stable storage before it is accepted.</summary>
    public bool Persisted { get; init; }

    /// <summary>The waits before each retry, after which the message is abandoned; null: the node's retry schedule, for
    /// ever.</summary>
    public IReadOnlyList<TimeSpan>? Retries { get; init; }

    /// <summary>How long a message may wait when its sender did not say; null: as long as it takes.</summary>
    public TimeSpan? TimeToLive { get; init; }
}

/// <summary>Maps a protocol id to a level. Called for each message, from any thread; must be fast and without side
/// effects.</summary>
public interface IDeliveryPolicy
{
    /// <summary>The level of a protocol. One that nobody mapped is <see cref="DeliveryLevel.None"/>: never silently
    /// critical.</summary>
    DeliveryLevel LevelFor(string protocol);

    /// <summary>The level of that name, or null where there is none.</summary>
    DeliveryLevel? Find(string name);
}
