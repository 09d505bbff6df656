using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

[TestFixture]
internal sealed class SettingsTests
{
    [Test]
    public void Configure_NoSettings_ProvidesAnIdleTransport()
    {
        using var services = Configure("{}");
        Assert.That(
            services.GetRequiredService<ITransport>(), Is.InstanceOf<MqttTransport>().And.InstanceOf<IPeerEvents>());
    }

    [Test]
    public void Read_AllSettings_AreRead()
    {
        var read = Read(
            """
            { "broker": "mqtts://broker.test", "protocol": "3.1.1", "clientId": "alpha", "user": "u",
              "passwordFile": "p", "caFile": "ca.pem", "certificateFile": "c.pem", "keyFile": "k.pem",
              "keepAlive": "1m", "connectTimeout": "250ms", "sendTimeout": "20s",
              "maxPacketBytes": 65536, "maxQueuedBytes": 65537, "presence": false }
            """);
        Assert.That(read, Is.EqualTo(new MqttOptions
        {
            Broker = "mqtts://broker.test", Protocol = "3.1.1", ClientId = "alpha", User = "u", PasswordFile = "p",
            CaFile = "ca.pem", CertificateFile = "c.pem", KeyFile = "k.pem", KeepAlive = "1m",
            ConnectTimeout = "250ms", SendTimeout = "20s", MaxPacketBytes = 65536, MaxQueuedBytes = 65537,
            Presence = false,
        }));
        Assert.That(read.Versions, Is.EqualTo(MqttProtocol.V311));
        Assert.That((read.KeepAliveTime, read.ConnectLimit, read.SendLimit), Is.EqualTo(
            (TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(20))));
    }

    [Test]
    public void Read_EverythingWrong_ReportsEveryProblem()
    {
        var problems = Problems(
            """
            { "broker": "http://x", "protocol": "4", "clientId": "", "user": "a\nb", "passwordFile": "", "caFile": " ",
              "certificateFile": "", "keyFile": "", "keepAlive": "0s", "connectTimeout": "2m", "sendTimeout": "51s",
              "maxPacketBytes": 65535, "maxQueuedBytes": 1 }
            """);
        Assert.That(problems.Select(p => p.Split(':')[0]), Is.EquivalentTo(
            new[]
            {
                "broker", "protocol", "clientId", "user", "passwordFile", "caFile", "certificateFile", "keyFile",
                "keepAlive", "connectTimeout", "sendTimeout", "maxPacketBytes", "maxQueuedBytes",
            }));
    }

    [TestCase("""{ "passwordFile": "p" }""", "passwordFile: needs user beside it")]
    [TestCase("""{ "certificateFile": "c" }""", "certificateFile: needs keyFile beside it")]
    [TestCase("""{ "keyFile": "k" }""", "keyFile: needs certificateFile beside it")]
    [TestCase("""{ "broker": "mqtt://b", "caFile": "c" }""", "caFile: needs a broker of mqtts://")]
    [TestCase(
        """{ "broker": null }""", "broker: needs mqtt://<host>[:<port>] or mqtts://<host>[:<port>], or \"\" for none")]
    public void Read_WhatDoesNotGoTogether_IsSaid(string settings, string problem) =>
        Assert.That(Problems(settings), Is.EqualTo([problem]));

    [TestCase("password")]
    [TestCase("brokers")]
    public void Read_UnknownKey_IsRefused(string key) =>
        Assert.That(Problems($$"""{ "{{key}}": "x" }""").Single(), Does.StartWith($"{key}: unknown key"));

    [TestCase("mqtt://host", "host", 1883, false)]
    [TestCase("mqtts://host", "host", 8883, true)]
    [TestCase("mqtt://10.0.0.7:1884", "10.0.0.7", 1884, false)]
    [TestCase("mqtt://[::1]:1884/", "[::1]", 1884, false)]
    [TestCase("MQTT://Host", "host", 1883, false)]
    public void BrokerAddress_Sound_IsRead(string text, string host, int port, bool secure)
    {
        Assert.That(BrokerAddress.TryParse(text, out var address), Is.True);
        Assert.That(address!.Host, Is.EqualTo(host.Trim('[', ']')));
        Assert.That((address.Port, address.IsSecure), Is.EqualTo((port, secure)));
        Assert.That(
            new MqttClientOptions { Host = address.Host, Port = address.Port, ClientId = "a" }.Endpoint,
            Is.EqualTo($"{host}:{port}"), "as logs tell it");
    }

    [TestCase("host:1883")]
    [TestCase("mqtt:host")]
    [TestCase("mqtt://")]
    [TestCase("mqtt://:1883")]
    [TestCase("mqtt://host:0")]
    [TestCase("mqtt://host:65536")]
    [TestCase("mqtt://user@host")]
    [TestCase("mqtt://host/path")]
    [TestCase("mqtt://host?x")]
    [TestCase("mqtt://host#x")]
    [TestCase("ws://host")]
    public void BrokerAddress_Unsound_IsRefused(string text) =>
        Assert.That(BrokerAddress.TryParse(text, out _), Is.False);

    private static MqttOptions Read(string settings)
    {
        using var json = JsonDocument.Parse(settings);
        return SettingsReader.Read(json.RootElement, MqttJson.Default.MqttOptions, o => o.Validate());
    }

    private static IReadOnlyList<string> Problems(string settings) =>
        Assert.Throws<PluginSettingsException>(() => Read(settings))!.Problems;

    private static ServiceProvider Configure(string settings)
    {
        using var json = JsonDocument.Parse(settings);
        var chance = SeededChance.Printed();
        var builder = new Builder(json.RootElement.Clone());
        builder.Services.AddSingleton<ISigner>(new MemorySigner(SomePeers.New(chance)))
            .AddSingleton<IPeerDirectory>(new MemoryPeers()).AddSingleton(TimeProvider.System)
            .AddSingleton<IChance>(chance).AddSingleton<ILoggerFactory>(new RecordingLogs());
        new MqttPlugin().Configure(builder);
        return builder.Services.BuildServiceProvider();
    }

    private sealed record Builder(JsonElement Settings) : IPluginBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();

        public string BaseFolder => Path.GetTempPath();

        public string DataFolder => BaseFolder;

        public string PluginFolder => BaseFolder;
    }
}
