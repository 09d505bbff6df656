using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Ledger;

/// <summary>A ledger over a store that outlives it.</summary>
internal sealed class LedgerNode
{
    private LedgerNode(ListMedium medium, int capacity, LedgerNodeOptions options)
    {
        Medium = medium;
        Store = new ListStore(medium);
        Index = new LedgerIndex(capacity, new SeededChance(1));
        Keys = new LedgerKeys(
            new PeerBook([.. options.Peers]), TestNode.IdOf(Self), "self", options.Learns, NullLogger.Instance);
        Options = options;
    }

    public const byte Self = 1;

    public ListMedium Medium { get; }

    public ListStore Store { get; }

    public LedgerIndex Index { get; }

    public LedgerKeys Keys { get; }

    public LedgerNodeOptions Options { get; }

    public LedgerLoop Loop { get; private set; } = null!;

    public EventIntake Intake { get; private set; } = null!;

    public static async Task<LedgerNode> StartAsync(
        ListMedium? medium = null, int capacity = 100_000, LedgerNodeOptions? options = null)
    {
        var node = new LedgerNode(medium ?? new ListMedium(), capacity, options ?? new LedgerNodeOptions());
        await node.OpenAsync();
        return node;
    }

    /// <summary>A node on what the store of this one has kept until now.</summary>
    public Task<LedgerNode> RestartAsync(int capacity = 100_000) => StartAsync(Copy(), capacity, Options);

    /// <summary>What a power cut would leave.</summary>
    public ListMedium Copy()
    {
        var copy = new ListMedium { LastSequence = Medium.LastSequence, Lives = Medium.Lives };
        foreach (var (sequence, record) in Medium.Records) copy.Records.Add(sequence, record);
        return copy;
    }

    public Task<MergeReport> MergeAsync(params IEnumerable<Event> events) =>
        Intake.MergeAsync("beta", [.. events], CancellationToken.None);

    private async Task OpenAsync()
    {
        var chance = new SeededChance((Medium.Lives++ << 8) + Self);
        var sealer = new RecordSealer(TestNode.IdentityOf(Self), [], chance);
        var report = await Store.OpenAsync(sealer.MatchKeys, CancellationToken.None);
        var journal = new Journal(Store, sealer, Options.Time, report.LastSequence, NullLogger.Instance);
        Loop = new LedgerLoop(Index, Keys, Options.Kinds, journal, NullLogger.Instance);
        await Loop.RestoreAsync(await StoreContent.ReadAsync(journal, CancellationToken.None), CancellationToken.None);
        Intake = new EventIntake(Options.Kinds, Index, Loop, Keys, Options.Checks, Options.Time)
        {
            Pending = Options.Pending, Hearsay = Options.Hearsay ? new Hearsay(Index) : null,
        };
    }
}

/// <summary>What a <see cref="LedgerNode"/> is made with.</summary>
internal sealed record LedgerNodeOptions
{
    public ManualTimeProvider Time { get; init; } = new();

    public EventKinds Kinds { get; init; } = LedgerKinds.All();

    public bool Learns { get; init; } = true;

    public bool Hearsay { get; init; }

    public List<Peer> Peers { get; init; } = [new Peer("alice", TestNode.IdOf(2), [])];

    public ISignatureChecks Checks { get; init; } = new InlineSignatureChecks();

    public PendingEvents Pending { get; init; } = new(new PendingLimits());

    /// <summary>Events that somebody signs.</summary>
    public EventMaker Maker(byte seed, string name) => new(TestNode.IdentityOf(seed), name, Kinds, Time);
}

internal static class MakerExtensions
{
    public static Event Tell(this EventMaker maker, string text) => maker.Tell("app", $"{{\"text\":\"{text}\"}}");

    public static Event Tell(this EventMaker maker, string service, string data)
    {
        var made = maker.Make(service, Encoding.UTF8.GetBytes(data));
        Assert.That(made.Event, Is.Not.Null, made.Reason);
        return made.Event!;
    }

    public static Event Hello(this EventMaker maker, string name, PeerId key, string id = "") =>
        maker.Tell("hello", $$"""{"name":"{{name}}","key":"{{key}}","id":"{{id}}"}""");
}
