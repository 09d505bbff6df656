namespace PluginNode.Configuration;

/// <summary>The section <c>delivery</c>.</summary>
public sealed record DeliverySection
{
    /// <summary>Protocol id → level. A protocol that nobody mapped is <c>none</c>: one attempt, never queued.</summary>
    public IReadOnlyDictionary<string, string> Protocols { get; set; } = Empty<string>();

    /// <summary>Protocol id → <c>sent</c>, where the other side can't acknowledge.</summary>
    public IReadOnlyDictionary<string, string> EndsOn { get; set; } = Empty<string>();

    /// <summary>Levels beside the built-in ones, or in the place of <c>critical</c> and <c>moderate</c>.</summary>
    public IReadOnlyDictionary<string, LevelSection> Levels { get; set; } = Empty<LevelSection>();

    /// <summary>The backoff of a peer that can't be reached.</summary>
    public RetrySection Retry { get; set; } = new();

    /// <summary>Limits of the outbox.</summary>
    public LimitsSection Limits { get; set; } = new();

    /// <summary>Dead letters.</summary>
    public DeadLettersSection DeadLetters { get; set; } = new();

    private static Dictionary<string, T> Empty<T>() => new(StringComparer.Ordinal);
}

/// <summary>One entry of <c>delivery.levels</c>.</summary>
public sealed record LevelSection
{
    /// <summary>Whether it is on stable storage before it is accepted. Default false.</summary>
    public bool Persisted { get; set; }

    /// <summary>The waits before each retry, after which it is a dead letter. Default: <c>delivery.retry</c>, for
    /// ever.</summary>
    public IReadOnlyList<Duration>? Retries { get; set; }

    /// <summary>How long it may wait when its sender did not say. Default: as long as it takes.</summary>
    public Duration? Ttl { get; set; }
}

/// <summary>The section <c>delivery.retry</c>.</summary>
public sealed record RetrySection
{
    /// <summary>The first wait. Default 1 s; more than nothing.</summary>
    public Duration First { get; set; } = new(TimeSpan.FromSeconds(1));

    /// <summary>The longest wait. Default 60 s; at least the first.</summary>
    public Duration Most { get; set; } = new(TimeSpan.FromSeconds(60));

    /// <summary>Growth by attempt, 1–100. Default 2.</summary>
    public double Factor { get; set; } = 2;

    /// <summary><c>full</c>: each wait is drawn evenly from nothing to the computed one; or <c>none</c>. Default
    /// <c>full</c>.</summary>
    public string Jitter { get; set; } = "full";
}

/// <summary>The section <c>delivery.limits</c>. At a limit a message is not accepted, and its caller is told.</summary>
public sealed record LimitsSection
{
    /// <summary>All persisted messages that wait. Default 4 GiB.</summary>
    public ByteSize Bytes { get; set; } = new(4L << 30);

    /// <summary>Those of one peer. Default 1 GiB.</summary>
    public ByteSize BytesPerPeer { get; set; } = new(1L << 30);

    /// <summary>Payloads held in memory by levels that are not persisted. Default 64 MiB.</summary>
    public ByteSize Memory { get; set; } = new(64L << 20);

    /// <summary>One payload, 1 B to 16 MiB. Default 16 MiB.</summary>
    public ByteSize Payload { get; set; } = new(16L << 20);
}

/// <summary>The section <c>delivery.deadLetters</c>.</summary>
public sealed record DeadLettersSection
{
    /// <summary>How long they are kept. Default 30 days.</summary>
    public Duration Keep { get; set; } = new(TimeSpan.FromDays(30));
}

/// <summary>The section <c>inbox</c>. When it is full the sender is told to retry.</summary>
public sealed record InboxSection
{
    /// <summary>All messages that wait for the application. Default 4 GiB.</summary>
    public ByteSize Bytes { get; set; } = new(4L << 30);

    /// <summary>Those of one sender. Default 1 GiB.</summary>
    public ByteSize BytesPerPeer { get; set; } = new(1L << 30);

    /// <summary>How long ids are remembered, so that a message that comes again is known. Default 7 days.</summary>
    public Duration DuplicateWindow { get; set; } = new(TimeSpan.FromDays(7));
}
