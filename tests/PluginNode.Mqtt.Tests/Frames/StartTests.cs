using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>How a transport starts: without a broker, with one that is away, with secrets in files.</summary>
[TestFixture]
internal sealed class StartTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("mqtt-start-");

    [TearDown]
    public void DeleteFolder() => _folder.Delete(recursive: true);

    [Test]
    public async Task WithoutABroker_ItIsIdle_AndSaysSoOnce()
    {
        var time = new ManualTimeProvider();
        await using var node = new BrokerNode(new MqttOptions(), time);
        await node.StartAsync();
        var outcomes = await node.SendAsync(node, SomeFrames.Of(2, 10));
        await node.StopAsync();
        Assert.Multiple(() =>
        {
            Assert.That(node.Logs.Lines.Select(l => (l.Level, l.Event.Id)), Is.EqualTo([(LogLevel.Information, 5020)]));
            Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
            Assert.That(outcomes[0].Reason, Does.Contain("plugins.settings.mqtt.broker"));
            Assert.That(time.Timers, Is.Zero);
        });
    }

    [Test]
    public async Task ABrokerThatIsAway_DoesNotKeepItFromStarting_AndIsFoundLater()
    {
        await using var broker = await Mosquitto.StartAsync("allow_anonymous true");
        await broker.KillAsync();
        await using var node = await new BrokerNode(BrokerNode.OptionsFor(broker.Port)).StartAsync();
        node.Peers.Add(node.Id);
        var before = await node.SendAsync(node, SomeFrames.Of(1, 10));
        Assert.That(before[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(before[0].Reason, Does.StartWith("no connection to the broker"));
        await broker.StartAgainAsync();
        await Patience.UntilAsync(
            () => node.SendAsync(node, SomeFrames.Of(1, 10)).GetAwaiter().GetResult()[0].Status == SendStatus.Delivered,
            () => "it does not find the broker");
    }

    [Test]
    public async Task Started_AndCancelled_LeavesNothing()
    {
        using var listener = new ScriptedBroker(); // takes the connection and says nothing
        var time = new ManualTimeProvider();
        var node = new BrokerNode(BrokerNode.OptionsFor(listener.Port), time);
        using var cancel = new CancellationTokenSource();
        var starting = node.Transport.StartAsync(node.Host, cancel.Token);
        var (end, _) = await listener.AcceptAsync();
        await cancel.CancelAsync();
        Assert.That(async () => await Patience.ForAsync(starting), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await Patience.ForAsync(end.ReadAsync()), Is.Null, "the connection is not closed");
        Assert.That(time.Timers, Is.Zero);
        end.Dispose();
    }

    [Test]
    public async Task User_AndPasswordFile_OpenTheDoor()
    {
        await using var broker = await WithPasswordAsync();
        var options = BrokerNode.OptionsFor(broker.Port) with { User = "alice", PasswordFile = "password" };
        Write("password", "secret\r\n", OwnerOnly);
        await using var right = await new BrokerNode(options, folder: _folder.FullName).StartAsync();
        right.Peers.Add(right.Id);
        Assert.That((await right.SendAsync(right, SomeFrames.Of(1, 10)))[0].Status, Is.EqualTo(SendStatus.Delivered));
        await right.StopAsync();

        Write("password", "public", OwnerOnly);
        await using var wrong = await new BrokerNode(options, folder: _folder.FullName).StartAsync();
        Assert.That(
            (await wrong.SendAsync(wrong, SomeFrames.Of(1, 10)))[0].Reason,
            Does.Contain("user name or password").Or.Contain("not authorized").IgnoreCase);
        var texts = right.Logs.Lines.Concat(wrong.Logs.Lines).Select(l => l.Text);
        Assert.That(texts, Is.All.Not.Contain("secret").And.All.Not.Contain("public"));
    }

    [Test]
    public void ASecretThatOthersMayRead_OrThatIsNotThere_IsSaidByItsKey()
    {
        var options = BrokerNode.OptionsFor(1) with { User = "alice", PasswordFile = "password" };
        Assert.That(Starting(options), Throws.InstanceOf<TransportException>()
            .With.Message.StartsWith("passwordFile: ").And.Message.Contain(_folder.FullName));
        Write("password", "secret", OwnerOnly | UnixFileMode.OtherRead);
        Assert.That(Starting(options), Throws.InstanceOf<TransportException>()
            .With.Message.StartsWith("passwordFile: ").And.Message.Contain("chmod 600"));
    }

    [Test]
    public void CertificatesThatAreNone_AreSaidByTheirKeys()
    {
        var options = new MqttOptions { Broker = "mqtts://127.0.0.1:1", CaFile = "ca.pem" };
        Write("ca.pem", "no certificate", OwnerOnly);
        Assert.That(Starting(options), Throws.InstanceOf<TransportException>().With.Message.StartsWith("caFile: "));
        Write("key.pem", "no key", OwnerOnly);
        Assert.That(
            Starting(options with { CaFile = null, CertificateFile = "ca.pem", KeyFile = "key.pem" }),
            Throws.InstanceOf<TransportException>().With.Message.StartsWith("certificateFile: "));
    }

    [Test]
    public async Task Tls_WithCertificatesFromFiles_Delivers()
    {
        Certificates.Write(_folder.FullName, TimeSpan.FromDays(1));
        await using var broker = await Mosquitto.StartAsync(
            "allow_anonymous true", $"cafile {_folder.FullName}/ca.pem", $"certfile {_folder.FullName}/broker.pem",
            $"keyfile {_folder.FullName}/broker.key", "require_certificate true");
        var options = new MqttOptions
        {
            Broker = $"mqtts://localhost:{broker.Port}", CaFile = "ca.pem", CertificateFile = "node.pem",
            KeyFile = "node.key",
        };
        await using var node = await new BrokerNode(options, folder: _folder.FullName).StartAsync();
        node.Peers.Add(node.Id);
        var outcomes = await node.SendAsync(node, SomeFrames.Of(3, 100_000));
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
    }

    private AsyncTestDelegate Starting(MqttOptions options) => async () =>
    {
        var node = new BrokerNode(options, folder: _folder.FullName);
        await node.Transport.StartAsync(node.Host, CancellationToken.None);
    };

    private void Write(string name, string text, UnixFileMode mode)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }

    private async Task<Mosquitto> WithPasswordAsync()
    {
        if (Tool.Find("mosquitto_passwd") is null) Assert.Ignore("mosquitto_passwd is not installed.");
        var passwords = Path.Combine(_folder.FullName, "passwords");
        await Tool.RunAsync("mosquitto_passwd", "-b", "-c", passwords, "alice", "secret");
        return await Mosquitto.StartAsync("allow_anonymous false", $"password_file {passwords}");
    }
}
