using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>TLS to a real mosquitto with certificates that the tests make.</summary>
[TestFixture]
internal sealed class TlsTests
{
    private readonly X509Certificate2 _authority = Authority("CN=Test authority");
    private readonly X509Certificate2 _other = Authority("CN=Another authority");

    [OneTimeTearDown]
    public void Close()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Test]
    public async Task GivenAuthority_IsTrusted()
    {
        await using var broker = await StartAsync(askClients: false);
        await using var client = await TestClient.ConnectedAsync(Options(broker, _authority));
        var messages = await client.ListenAsync("t");
        await client.Mqtt.PublishAsync(
            new MqttMessage { Topic = "t", Payload = new byte[200_000], Qos = MqttQos.AtLeastOnce });
        Assert.That((await Patience.ForAsync(messages.ReadAsync())).Payload.Length, Is.EqualTo(200_000));
    }

    [Test]
    public async Task AnotherAuthority_OrTheSystems_IsNotTrusted([Values] bool system)
    {
        await using var broker = await StartAsync(askClients: false);
        await using var client = new TestClient(Options(broker, system ? null : _other));
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Text, Does.StartWith("TLS failed: "));
    }

    [Test]
    public async Task ACertificateOfAnotherName_IsNotTrusted()
    {
        await using var broker = await StartAsync(askClients: false);
        var options = Options(broker, _authority);
        await using var client = new TestClient(options with { Tls = options.Tls! with { TargetHost = "else.test" } });
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Text, Does.StartWith("TLS failed: ").And.Contain("NameMismatch"));
    }

    [Test]
    public async Task AClientCertificate_IsShown_WhereTheBrokerAsks()
    {
        await using var broker = await StartAsync(askClients: true);
        using var certificate = Issue("CN=alice", _authority);
        var options = Options(broker, _authority);
        await using var client = await TestClient.ConnectedAsync(
            options with { Tls = options.Tls! with { ClientCertificate = certificate } });
        await using var without = new TestClient(options with { ClientId = "without" });
        var state = await without.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Text, Is.Not.Empty);
        Assert.That(client.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Connected));
    }

    private static MqttClientOptions Options(Mosquitto broker, X509Certificate2? authority) =>
        TestClient.Options(broker.Port) with
        {
            Protocol = MqttProtocol.V5,
            Tls = new MqttTlsOptions { Authorities = authority is null ? null : [authority] },
        };

    private async Task<Mosquitto> StartAsync(bool askClients)
    {
        var folder = Directory.CreateTempSubdirectory("mqtt-tls-");
        try
        {
            using var server = Issue("CN=broker", _authority);
            using var key = server.GetECDsaPrivateKey()!;
            await WriteAsync("ca.pem", _authority.ExportCertificatePem());
            await WriteAsync("cert.pem", server.ExportCertificatePem());
            await WriteAsync("key.pem", key.ExportPkcs8PrivateKeyPem());
            return await Mosquitto.StartAsync(
                $"cafile {folder}/ca.pem", $"certfile {folder}/cert.pem", $"keyfile {folder}/key.pem",
                $"require_certificate {(askClients ? "true" : "false")}", "allow_anonymous true");
        }
        finally
        {
            folder.Delete(recursive: true); // read once, at the start
        }

        Task WriteAsync(string name, string pem) => File.WriteAllTextAsync(Path.Combine(folder.FullName, name), pem);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(string name, X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            authority, DateTimeOffset.UtcNow.AddHours(-12), DateTimeOffset.UtcNow.AddHours(12),
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
