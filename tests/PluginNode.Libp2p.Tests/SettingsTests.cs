using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Libp2p.Fakes;
using PluginNode.Plugins;

namespace PluginNode.Libp2p;

[TestFixture]
internal sealed class SettingsTests
{
    [Test]
    public void Configure_Nothing_DialsOnly()
    {
        var options = Read("{}");
        Assert.Multiple(() =>
        {
            Assert.That(options.ListenOn, Is.Empty);
            Assert.That(options.Mdns, Is.False);
            Assert.That(options.SendLimit, Is.EqualTo(TimeSpan.FromSeconds(10)));
            Assert.That(options.ToHostOptions().DialTimeout, Is.EqualTo(TimeSpan.FromSeconds(5)));
            Assert.That(options.ToHostOptions().Announce, Is.Empty);
        });
    }

    [Test]
    public void Configure_AllSettings_ReachTheHost()
    {
        var options = Read(
            """
            { "listen": ["/ip4/0.0.0.0/tcp/4001", "/ip6/::1/tcp/0"], "announce": ["/dns4/node.example/tcp/4001"],
              "maxBatchBytes": 65536, "maxConnections": 9, "maxConnectionsPerAddress": 8, "maxHandshakes": 7,
              "maxStreams": 60, "sendTimeout": "20s", "dialTimeout": "250ms", "handshakeTimeout": "1m",
              "idleTimeout": "2h", "rawProtocols": ["/some/", "/other/1.0"], "mdns": true, "maxRawBytes": 1024,
              "maxRequestBytes": 2048, "maxAnswerBytes": 4096 }
            """);
        var host = options.ToHostOptions();
        Assert.Multiple(() =>
        {
            Assert.That(options.ListenOn.Select(a => a.ToString()),
                Is.EqualTo(new[] { "/ip4/0.0.0.0/tcp/4001", "/ip6/::1/tcp/0" }));
            Assert.That(host.Announce.Select(a => a.ToString()), Is.EqualTo(new[] { "/dns4/node.example/tcp/4001" }));
            Assert.That((options.MaxBatchBytes, options.MaxRawBytes), Is.EqualTo((65536, 1024)));
            Assert.That((options.MaxRequestBytes, options.MaxAnswerBytes), Is.EqualTo((2048, 4096)));
            Assert.That(options.Mdns, Is.True);
            Assert.That(options.RawProtocols, Is.EqualTo(new[] { "/some/", "/other/1.0" }));
            Assert.That((host.MostInbound, host.MostInboundPerAddress, host.MostHandshakes), Is.EqualTo((9, 8, 7)));
            Assert.That(host.Streams.MostInboundStreams, Is.EqualTo(60));
            Assert.That(options.SendLimit, Is.EqualTo(TimeSpan.FromSeconds(20)));
            Assert.That(host.DialTimeout, Is.EqualTo(TimeSpan.FromMilliseconds(250)));
            Assert.That(host.HandshakeTimeout, Is.EqualTo(TimeSpan.FromMinutes(1)));
            Assert.That(host.IdleTimeout, Is.EqualTo(TimeSpan.FromHours(2)));
        });
    }

    [Test]
    public void Configure_EverythingWrong_ReportsEveryProblem() => Assert.That(
        ProblemsOf(
            """
            { "listen": ["/ip4/127.0.0.1/tcp/1", "/dns4/a.example/tcp/1"], "announce": ["/ip4/1.2.3.4/tcp/0"],
              "maxBatchBytes": 1, "maxConnections": 0, "maxConnectionsPerAddress": 0, "maxHandshakes": 65536,
              "maxStreams": 15, "sendTimeout": "51s", "dialTimeout": "10", "handshakeTimeout": "0s",
              "idleTimeout": "1d", "rawProtocols": ["/ok/1", "/", "none", "/a b", "/pluginnode/", "/ipfs/ping/1.0.0"],
              "maxRawBytes": 1023, "maxRequestBytes": 1023, "maxAnswerBytes": 268435457 }
            """),
        Is.EquivalentTo(new[]
        {
            "listen[1]", "announce[0]", "maxBatchBytes", "maxConnections", "maxConnectionsPerAddress",
            "maxHandshakes", "maxStreams", "sendTimeout", "dialTimeout", "handshakeTimeout", "idleTimeout",
            "rawProtocols[1]", "rawProtocols[2]", "rawProtocols[3]", "rawProtocols[4]", "rawProtocols[5]",
            "maxRawBytes", "maxRequestBytes", "maxAnswerBytes",
        }));

    [TestCase("""{ "listens": [], "maxStreams": "many" }""", "listens", "maxStreams")]
    [TestCase("""{ "listen": "/ip4/127.0.0.1/tcp/1" }""", "listen")]
    [TestCase("""{ "listen": null, "announce": null }""", "listen", "announce")]
    [TestCase("""{ "rawProtocols": null }""", "rawProtocols")]
    [TestCase("""{ "rawProtocols": [null] }""", "rawProtocols[0]")]
    [TestCase("""{ "listen": [null] }""", "listen[0]")]
    [TestCase("""{ "listen": [1] }""", "listen[0]")]
    [TestCase("""{ "mdns": "yes", "mdnsPort": 1 }""", "mdns", "mdnsPort")]
    [TestCase("""{ "listen": ["/ip4/127.0.0.1/udp/1"] }""", "listen[0]")]
    [TestCase("""{ "sendTimeout": null, "idleTimeout": null }""", "sendTimeout", "idleTimeout")]
    public void Configure_Wrong_NamesTheKey(string settings, params string[] keys) =>
        Assert.That(ProblemsOf(settings), Is.EquivalentTo(keys));

    [Test]
    public void Configure_SeventeenAddresses_AreTooMany()
    {
        var many = string.Join(',', Enumerable.Range(1, 17).Select(i => $"\"/ip4/127.0.0.1/tcp/{i}\""));
        Assert.That(ProblemsOf($$"""{ "listen": [{{many}}] }"""), Is.EqualTo(new[] { "listen" }));
    }

    [TestCase("10s", 10_000), TestCase("250ms", 250), TestCase("2m", 120_000), TestCase("1h", 3_600_000)]
    [TestCase("10", null), TestCase("s", null), TestCase("-1s", null), TestCase("1.5s", null), TestCase("1sm", null)]
    [TestCase("99999999999s", null), TestCase(null, null)]
    public void Durations_TryParse_TakesWholeNumbersAndUnits(string? text, int? milliseconds) => Assert.That(
        Durations.TryParse(text, out var duration) ? (double?)duration.TotalMilliseconds : null,
        Is.EqualTo(milliseconds));

    private static Libp2pOptions Read(string settings)
    {
        using var json = JsonDocument.Parse(settings);
        var builder = new SettingsBuilder(json.RootElement);
        new Libp2pPlugin().Configure(builder);
        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<Libp2pOptions>();
    }

    private static IEnumerable<string> ProblemsOf(string settings) =>
        Assert.Throws<PluginSettingsException>(() => Read(settings))!.Problems.Select(p => p.Split(':')[0]);

    private sealed class SettingsBuilder(JsonElement settings) : IPluginBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();

        public JsonElement Settings => settings;

        public string BaseFolder => "";

        public string DataFolder => "";

        public string PluginFolder => "";
    }
}
