using PluginNode.Delivery;
using PluginNode.Recovery;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;

namespace PluginNode.Simulation.World;

/// <summary>Kinds of trouble that a run may have; a failing run is reduced by leaving kinds out.</summary>
[Flags]
internal enum Trouble
{
    None = 0,
    Crashes = 1,
    PowerCuts = 2,
    Stops = 4,
    Network = 8,
    Partitions = 16,
    Disk = 32,
    DiskFull = 64,
    BitFlips = 128,
    Clocks = 256,
    Liars = 512,
    LostDisks = 1024,
    Configuration = 2048,
    All = 4095,
}

/// <summary>What a run does: everything else comes from its seed.</summary>
internal sealed record Plan(ulong Seed)
{
    public int Nodes { get; init; } = 3;

    /// <summary>How long applications send and things go wrong, in node time.</summary>
    public TimeSpan Busy { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long after the last trouble everything has to be delivered or dead.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(40);

    public Trouble Trouble { get; init; } = Trouble.All;

    /// <summary>Whether nodes record events, and get those of others.</summary>
    public bool Sync { get; init; }

    /// <summary>Whether some messages go on streams of their own.</summary>
    public bool Raw { get; init; }

    /// <summary>How often they ask what is new.</summary>
    public static TimeSpan Background { get; } = TimeSpan.FromMinutes(2);

    /// <summary>When the run begins. Where ledgers have to agree a day ends five minutes after the trouble does: marks
    /// let what was told late wait until that day is over.</summary>
    public DateTimeOffset Epoch => Sync
        ? new DateTimeOffset(2030, 1, 2, 0, 0, 0, TimeSpan.Zero) - Busy - TimeSpan.FromMinutes(5)
        : new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How long after <see cref="Settle"/> ledgers have to agree. Not at all where clocks are right: by then
    /// the day has ended, a mark's overlap has passed, and every neighbour was asked a few times. Wrong clocks put
    /// events into the next day, so that another one has to pass.</summary>
    public TimeSpan Agree => Has(Trouble.Clocks)
        ? TimeSpan.FromDays(1) + new SyncOptions { Background = Background }.Overlap + (10 * Background)
        : TimeSpan.Zero;

    /// <summary>How long after <see cref="Settle"/> the last whole walk may come: the wait for it doubles each time, so
    /// that it is no longer than all of the trouble, with a sixth more for the draw.</summary>
    public TimeSpan Recover => Busy;

    /// <summary>Deliberately broken variants, which the auditor must catch.</summary>
    public Breakage Break { get; init; } = Breakage.None;

    public KernelOptions Options { get; } = new()
    {
        Protocols = new Dictionary<string, string>
        {
            ["/sim/critical"] = "critical", ["/sim/moderate"] = "moderate", [SentMessage.RawProtocol] = "critical",
        },
        EndsOnSent = new HashSet<string>(StringComparer.Ordinal) { SentMessage.RawProtocol },
        Limits = new OutboxLimits { Bytes = 1 << 20, BytesPerPeer = 1 << 19, Memory = 1 << 17, Payload = 1 << 16 },
        Inbox = new InboxLimits { Bytes = 1 << 19, BytesPerPeer = 1 << 18 },
    };

    /// <summary>What one life of a node is configured with: never more room than <see cref="Options"/>.</summary>
    public KernelOptions OptionsOf(Scheduler scheduler)
    {
        if (!Has(Trouble.Configuration)) return Options;
        var (outbox, inbox) = (1 << scheduler.Below(4), 1 << scheduler.Below(4));
        var first = scheduler.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        return Options with
        {
            Limits = Options.Limits with
            {
                Bytes = Options.Limits.Bytes / outbox, BytesPerPeer = Options.Limits.BytesPerPeer / outbox,
                Memory = Options.Limits.Memory / outbox,
            },
            Inbox = Options.Inbox with
            {
                Bytes = Options.Inbox.Bytes / inbox, BytesPerPeer = Options.Inbox.BytesPerPeer / inbox,
            },
            Retry = new RetryOptions(first, 20 * first, 1 + (2 * scheduler.Chance.NextDouble())),
        };
    }

    /// <summary>A plan whose size and troubles are drawn from the seed: small ones find most faults soonest.</summary>
    public static Plan Draw(ulong seed)
    {
        var draw = new SimChance(seed ^ 0x5EED, TimeProvider.System);
        var trouble = Trouble.None;
        foreach (var kind in Enum.GetValues<Trouble>())
            if (kind is not (Trouble.None or Trouble.All) && draw.NextDouble() < 0.5) trouble |= kind;
        return new Plan(seed)
        {
            Nodes = 2 + (int)(draw.NextDouble() * 3),
            Busy = TimeSpan.FromMinutes(2 + (28 * draw.NextDouble() * draw.NextDouble())),
            Trouble = trouble,
            Sync = draw.NextDouble() < 0.3,
            Raw = draw.NextDouble() < 0.3, // what is new is drawn last: the others stay what they were
        };
    }

    public bool Has(Trouble kind) => (Trouble & kind) != Trouble.None;

    public override string ToString() =>
        $"seed {Seed}, {Nodes} nodes, {Busy:hh\\:mm\\:ss} busy, {Trouble}"
        + (Sync ? ", sync" : "") + (Raw ? ", raw" : "");
}
