using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Plugins;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class SettingsTests
{
    [Test]
    public void Configure_NoSettings_RegistersOneTransportWithDefaults()
    {
        using var services = Configure("{}");
        var transport = services.GetRequiredService<ITransport>();

        Assert.That(transport.Scheme, Is.EqualTo("mesh+http"));
        Assert.That(services.GetRequiredService<MeshHttpOptions>(), Is.EqualTo(new MeshHttpOptions()));
        Assert.That(services.GetRequiredService<ITransport>(), Is.SameAs(transport));
        Assert.That(transport.MaxFrameBytes, Is.EqualTo((24 << 20) - 8));
    }

    [Test]
    public void Configure_WithoutALedger_ProvidesNoSync()
    {
        using var services = Configure("{}");

        Assert.That(services.GetServices<ISyncStrategy>(), Is.Empty);
        Assert.That(services.GetService<INeighbourDays>(), Is.Null);
    }

    [Test]
    public void Configure_WithALedger_ProvidesTheStrategiesInTheirOrder()
    {
        using var services = Configure("{}", added =>
        {
            // a ledger that comes later: to resolve it now would fail
            added.AddSingleton<ILedger>(new LateLedger());
            added.AddSingleton<IEventWriter>(new LateLedger());
            added.AddSingleton<INaraSigner>(
                new NaraSigner(NodeIdentity.FromSeed(RandomNumberGenerator.GetBytes(32)), "alice"));
        });

        var strategies = services.GetServices<ISyncStrategy>().ToList();
        Assert.That(
            strategies.Select(s => (s.Name, s.Rank)),
            Is.EqualTo([("mesh-pages", 10), ("mesh-sample", 110), ("mesh-slices", 120)]));
        Assert.That(services.GetServices<ISyncStrategy>(), Is.EqualTo(strategies), "singletons");
        Assert.That(services.GetService<INeighbourDays>(), Is.Not.Null);
        Assert.That(services.GetRequiredService<ITransport>(), Is.Not.Null);
    }

    [Test]
    public void Configure_AllSettings_AreRead()
    {
        using var services = Configure(
            """
            { "listen": "http://*:0", "name": "alice", "sendTimeout": "20s", "connectTimeout": "250ms",
              "maxBatchBytes": 65536, "maxConnections": 9, "maxConnectionsPerAddress": 5,
              "maxSyncBytes": 65536, "syncCallsPerSecond": 1 }
            """);

        Assert.That(services.GetRequiredService<MeshHttpOptions>(), Is.EqualTo(new MeshHttpOptions
        {
            Listen = "http://*:0", Name = "alice", SendTimeout = "20s", ConnectTimeout = "250ms",
            MaxBatchBytes = 65536, MaxConnections = 9, MaxConnectionsPerAddress = 5,
            MaxSyncBytes = 65536, SyncCallsPerSecond = 1,
        }));
        Assert.That(services.GetRequiredService<MeshHttpOptions>().SendLimit, Is.EqualTo(TimeSpan.FromSeconds(20)));
    }

    [Test]
    public void Configure_EverythingWrong_ReportsEveryProblem()
    {
        var problems = Assert.Throws<PluginSettingsException>(() => Configure(
            """
            { "listen": "https://x", "name": "", "sendTimeout": "10", "connectTimeout": "0s",
              "maxBatchBytes": 1, "maxConnections": 0, "maxConnectionsPerAddress": 0,
              "maxSyncBytes": 65535, "syncCallsPerSecond": 0 }
            """).Dispose())!.Problems;

        Assert.That(problems.Select(p => p.Split(':')[0]), Is.EquivalentTo(
            new[]
            {
                "listen", "name", "sendTimeout", "connectTimeout", "maxBatchBytes", "maxConnections",
                "maxConnectionsPerAddress", "maxSyncBytes", "syncCallsPerSecond",
            }));
    }

    [Test]
    public void Configure_UnknownKeyAndWrongType_ReportsBoth()
    {
        var problems = Assert.Throws<PluginSettingsException>(
            () => Configure("""{ "listens": "", "maxConnections": "many" }""").Dispose())!.Problems;

        Assert.That(problems.Select(p => p.Split(':')[0]), Is.EquivalentTo(new[] { "listens", "maxConnections" }));
    }

    [Test]
    public void Configure_ListenNull_IsAProblemThatSaysHowNotToListen()
    {
        var problems = Assert.Throws<PluginSettingsException>(
            () => Configure("""{ "listen": null }""").Dispose())!.Problems;

        Assert.That(problems.Single(), Does.StartWith("listen: ").And.Contains("\"\" not to listen"));
    }

    [TestCase("alice", true)]
    [TestCase("Älïçé 1", true)]
    [TestCase(null, true)]
    [TestCase("a/b", false)]
    [TestCase("a+", false)]
    [TestCase("#", false)]
    [TestCase("a\nb", false)]
    [TestCase("a\u007f", false)]
    public void Validate_Name_FitsIntoATopic(string? name, bool good) =>
        Assert.That(new MeshHttpOptions { Name = name }.Validate().Any(), Is.Not.EqualTo(good));

    [TestCase("http://127.0.0.1:7433", true)]
    [TestCase("http://[::1]:0", true)]
    [TestCase("http://localhost:80", true)]
    [TestCase("http://*:7433", true)]
    [TestCase("", true)]
    [TestCase("http://example.org:80", false)]
    [TestCase("http://127.0.0.1:7433/path", false)]
    [TestCase("http://127.0.0.1:70000", false)]
    [TestCase("127.0.0.1:7433", false)]
    [TestCase(null, false)]
    public void Validate_Listen_IsCheckedWithoutLookingUpNames(string? listen, bool good) =>
        Assert.That(new MeshHttpOptions { Listen = listen! }.Validate().Any(), Is.Not.EqualTo(good));

    [TestCase("10s", 10_000)]
    [TestCase("250ms", 250)]
    [TestCase("2m", 120_000)]
    [TestCase("10", null)]
    [TestCase("s", null)]
    [TestCase("-1s", null)]
    [TestCase("1.5s", null)]
    [TestCase("1sm", null)]
    [TestCase("99999999999s", null)]
    [TestCase(null, null)]
    public void Durations_TryParse_TakesWholeNumbersAndUnits(string? text, int? milliseconds) =>
        Assert.That(
            Durations.TryParse(text, out var duration) ? (double?)duration.TotalMilliseconds : null,
            Is.EqualTo(milliseconds));

    private static ServiceProvider Configure(string settings, Action<IServiceCollection>? more = null)
    {
        using var json = JsonDocument.Parse(settings);
        var builder = new SomeBuilder(json.RootElement);
        builder.Services.AddSingleton<ISigner>(new KeyRing().NewSigner());
        builder.Services.AddSingleton<IPeerDirectory>(new PeerList());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IChance>(new RealChance());
        builder.Services.AddSingleton<ILoggerFactory>(new RecordingLoggers());
        more?.Invoke(builder.Services);
        new MeshHttpPlugin().Configure(builder);
        return builder.Services.BuildServiceProvider();
    }

    /// <summary>Not there yet, whatever it is asked.</summary>
    private sealed class LateLedger : ILedger, IEventWriter
    {
        public int Count => throw new InvalidOperationException("too early");

        public LedgerPage Read(LedgerQuery query) => throw new InvalidOperationException("too early");

        public Event? Find(Events.EventId id) => throw new InvalidOperationException("too early");

        public IReadOnlyList<string> Subjects() => throw new InvalidOperationException("too early");

        public IReadOnlyList<LedgerDay> Days() => throw new InvalidOperationException("too early");

        public void Write(Event @event, System.Buffers.IBufferWriter<byte> json) =>
            throw new InvalidOperationException("too early");

        public bool IsKnownOutside(string service) => throw new InvalidOperationException("too early");
    }
}
