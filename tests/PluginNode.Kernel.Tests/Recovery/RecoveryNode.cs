using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Kernel.Tests.Ledger;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>A kernel on a <see cref="Stage"/>, whose store outlives it. Its peers are called <c>p</c> and their
/// seed.</summary>
internal sealed class RecoveryNode
{
    private readonly Stage _stage;
    private readonly byte _seed;

    private RecoveryNode(Stage stage, byte seed, ListMedium medium, NodeKernel kernel, LogLines log) =>
        (_stage, _seed, Medium, Kernel, Log) = (stage, seed, medium, kernel, log);

    public ListMedium Medium { get; }

    public NodeKernel Kernel { get; }

    public LogLines Log { get; }

    public PeerId Id => TestNode.IdOf(_seed);

    public string Name => NameOf(_seed);

    public RecoveryState State => Kernel.Recovery.State;

    public List<(string Owner, string What)> Faults { get; private init; } = [];

    public required EventKinds Kinds { get; init; }

    public static string NameOf(byte seed) => $"p{seed}";

    public static Peer PeerOf(byte seed) =>
        new(NameOf(seed), TestNode.IdOf(seed), [new PeerAddress("wire", $"wire:{seed}")]);

    public static RecoveryNode Start(
        Stage stage, byte seed = 1, byte[]? knows = null, SyncOptions? sync = null, MemoryProfile? profile = null,
        ListMedium? medium = null, int chance = 0)
    {
        medium ??= new ListMedium();
        var log = new LogLines();
        var faults = new List<(string, string)>();
        var kinds = LedgerKinds.All();
        var parts = new KernelParts(
            TestNode.IdentityOf(seed), [], new ListStore(medium),
            new PeerBook([.. (knows ?? [2]).Where(k => k != seed).Select(PeerOf)]), stage.Time,
            new SeededChance((medium.Lives++ << 16) + (chance << 8) + seed), log)
        {
            Kinds = kinds,
            PluginFaulted = (owner, what) => faults.Add((owner, what)),
        };
        var options = TestNode.Options with
        {
            Ledger = new LedgerOptions { Name = NameOf(seed), Profile = profile ?? MemoryProfile.Medium },
            Sync = sync ?? new SyncOptions(),
        };
        var kernel = stage.Run(() => NodeKernel.OpenAsync(parts, options, CancellationToken.None));
        return new RecoveryNode(stage, seed, medium, kernel, log) { Faults = faults, Kinds = kinds };
    }

    public RecoveryNode Attach(params IEnumerable<ISyncStrategy> strategies)
    {
        foreach (var strategy in strategies) Kernel.Attach(strategy, "plugin");
        return this;
    }

    public RecoveryNode Begin()
    {
        Kernel.Recovery.Begin();
        _stage.Settle();
        return this;
    }

    /// <summary>Stops it, and looks whether it left anything behind.</summary>
    public void Stop()
    {
        var stopped = Kernel.DisposeAsync().AsTask();
        _stage.Settle();
        Assert.That(stopped.IsCompleted, Is.True, "it does not stop at once");
        stopped.GetAwaiter().GetResult();
        Assert.That(Log.Faults, Is.Empty, "the kernel reported faults of its own");
    }

    public void Merge(params IEnumerable<Event> events)
    {
        var report = _stage.Run(() => Kernel.Intake.MergeAsync("test", [.. events], CancellationToken.None));
        Assert.That(report.Merged, Is.EqualTo(report.Received));
    }

    public Event Record(string text) => _stage.Run(() => Kernel.Events.RecordAsync(
        "app", System.Text.Encoding.UTF8.GetBytes($"\"{text}\""))).Event!;

    /// <summary>Events that a peer signed, on a day counted from the beginning of 2026, or before it.</summary>
    public static List<Event> Told(byte seed, int count, int day = 0, string service = "app")
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day);
        var maker = new EventMaker(
            TestNode.IdentityOf(seed), NameOf(seed), LedgerKinds.All(), new ManualTimeProvider(start));
        return [.. Enumerable.Range(0, count).Select(i => maker.Tell(service, $"{{\"n\":{i},\"by\":{seed}}}"))];
    }
}

/// <summary>What was logged, with the level in front.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = [];

    public IEnumerable<string> Faults => Of(LogLevel.Critical);

    public IEnumerable<string> Of(LogLevel level) => _lines.Where(l => l.Level == level).Select(l => l.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
        // Nothing is held.
    }
}
