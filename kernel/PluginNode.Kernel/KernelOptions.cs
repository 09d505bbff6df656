using PluginNode.Delivery;
using PluginNode.Ledger;
using PluginNode.Recovery;

namespace PluginNode;

/// <summary>What the kernel is configured with: the sections <c>delivery</c> and <c>inbox</c>, already
/// checked.</summary>
public sealed record KernelOptions
{
    /// <summary>Protocol id → level name.</summary>
    public IReadOnlyDictionary<string, string> Protocols { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Protocols whose persisted messages end as <c>sent</c>, because the other side cannot
    /// acknowledge.</summary>
    public IReadOnlySet<string> EndsOnSent { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Levels by configuration, beside or instead of the built-in ones.</summary>
    public IReadOnlyList<DeliveryLevel> Levels { get; init; } = [];

    /// <summary>The peer's backoff.</summary>
    public RetryOptions Retry { get; init; } = new();

    /// <summary>Limits of the outbox.</summary>
    public OutboxLimits Limits { get; init; } = new();

    /// <summary>How long dead letters are kept. Default 30 days.</summary>
    public TimeSpan DeadLetterKeep { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Limits of the inbox.</summary>
    public InboxLimits Inbox { get; init; } = new();

    /// <summary>The ledger.</summary>
    public LedgerOptions Ledger { get; init; } = new();

    /// <summary>Recovery and background sync.</summary>
    public SyncOptions Sync { get; init; } = new();
}

/// <summary>Exponential backoff with a cap; with full jitter a wait is drawn evenly from nothing to the computed
/// one.</summary>
/// <param name="First">The first wait. Default 1 s.</param>
/// <param name="Most">The longest wait. Default 60 s.</param>
/// <param name="Factor">Growth by attempt, at least 1. Default 2.</param>
/// <param name="FullJitter">Whether waits are drawn. Default true.</param>
public sealed record RetryOptions(TimeSpan First, TimeSpan Most, double Factor = 2, bool FullJitter = true)
{
    /// <summary>The defaults.</summary>
    public RetryOptions() : this(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)) { }
}

/// <summary>Limits of the outbox, in bytes.</summary>
public sealed record OutboxLimits
{
    /// <summary>All persisted messages that wait. Default 4 GiB.</summary>
    public long Bytes { get; init; } = 4L << 30;

    /// <summary>Those of one peer. Default 1 GiB.</summary>
    public long BytesPerPeer { get; init; } = 1L << 30;

    /// <summary>Payloads held in memory by levels that are not persisted. Default 64 MiB.</summary>
    public long Memory { get; init; } = 64L << 20;

    /// <summary>One payload. Default 16 MiB.</summary>
    public int Payload { get; init; } = 16 << 20;
}

/// <summary>Limits of the inbox.</summary>
public sealed record InboxLimits
{
    /// <summary>All messages that wait for the application, in bytes. Default 4 GiB.</summary>
    public long Bytes { get; init; } = 4L << 30;

    /// <summary>Those of one sender. Default 1 GiB.</summary>
    public long BytesPerPeer { get; init; } = 1L << 30;

    /// <summary>How long ids are remembered. Default 7 days.</summary>
    public TimeSpan DuplicateWindow { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many ids of one sender are remembered. Default 1 000 000.</summary>
    public int DuplicateIds { get; init; } = 1_000_000;
}
