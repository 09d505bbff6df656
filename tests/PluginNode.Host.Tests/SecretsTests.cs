using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginNode.Logging;

namespace PluginNode.Host.Tests;

/// <summary>
/// Whole nodes with the file store, whose messages go every way that there is. Afterwards nothing of them is readable
/// in what the nodes wrote, and the secrets stand in their two files only.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SecretsTests
{
    private const string Away = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="; // RFC 8032, 7.1: nobody is there
    private const string Peer = "a-peer-with-a-name";
    private const string Protocol = "/a/protocol/with/a/name";
    private const string Payload = "a readable payload";

    // What would show a message to a reader; the payload also as the control API shows it.
    private static readonly string[] OfMessages =
    [
        Peer, Protocol, Payload, Convert.ToBase64String(Encoding.UTF8.GetBytes(Payload)), "a-lane-key", "an-attribute",
        "a-value-of-it",
    ];

    private readonly StringWriter _log = new();
    private ILoggerFactory _loggers = null!;
    private TestPair _pair = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _loggers = LineLogs.Create(TextWriter.Synchronized(_log), TimeProvider.System);
        _pair = await TestPair.StartAsync($$"""
            {
              "api": { "listen": "http://127.0.0.1:0" }, "store": "file-store",
              "plugins": {
                "folder": "{{StagedNode.Plugins}}", "disabled": ["mesh-http"],
                "settings": { "file-store": { "segmentBytes": 65536 } }
              },
              "delivery": { "protocols": { "{{Protocol}}": "critical", "{{Protocol}}/m": "moderate" } }
            }
            """, _loggers);
        foreach (var node in new[] { _pair.Alpha, _pair.Beta }) await SendAsync(node);
        foreach (var node in new[] { _pair.Alpha, _pair.Beta }) await ReceiveAsync(node);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _pair.DisposeAsync();
        _loggers.Dispose();
        await _log.DisposeAsync();
    }

    [Test]
    public async Task Files_HoldNothingReadableOfMessages_NeitherWhileItRunsNorAfterwards()
    {
        foreach (var node in new[] { _pair.Alpha, _pair.Beta })
        {
            Assert.That(Files(node).Count(f => f.Name.StartsWith("store/", StringComparison.Ordinal)), Is.Positive);
            AssertNone(node, OfMessages);
            await node.Host.StopAsync(CancellationToken.None);
            AssertNone(node, OfMessages);
        }
    }

    [Test]
    public async Task Log_HoldsNothingReadableOfMessages_NoKeyAndNoToken()
    {
        foreach (var node in new[] { _pair.Alpha, _pair.Beta }) await node.Host.StopAsync(CancellationToken.None);
        var log = _log.ToString();
        Assert.That(log, Does.Contain("is a dead letter").And.Contain("cannot be reached"), "there was much to tell");
        foreach (var secret in (string[])[.. OfMessages, .. SecretsOf(_pair.Alpha), .. SecretsOf(_pair.Beta)])
            Assert.That(log, Does.Not.Contain(secret));
    }

    [Test]
    public async Task KeyAndToken_StandInTheirTwoFilesOnly()
    {
        foreach (var node in new[] { _pair.Alpha, _pair.Beta })
        {
            await node.Host.StopAsync(CancellationToken.None);
            var seed = SeedOf(node);
            var token = Encoding.ASCII.GetBytes(node.Host.Token.Text);
            byte[][] forms = [seed, token, .. SecretsOf(node).Select(Encoding.ASCII.GetBytes)];
            var with = Files(node).Where(f => forms.Any(form => f.Bytes.AsSpan().IndexOf(form) >= 0));
            Assert.That(with.Select(f => f.Name), Is.EquivalentTo(new[] { "api.token", "identity.pem" }));
        }
    }

    /// <summary>Messages that arrive, wait, are refused to be sent, cancelled, and become dead letters.</summary>
    private async Task SendAsync(TestNode node)
    {
        var other = node == _pair.Alpha ? "beta" : "alpha";
        await node.CallAsync(HttpMethod.Put, $"/v1/peers/{Peer}",
            $$"""{ "publicKey": "{{Away}}", "addresses": ["nowhere:{{Peer}}"] }""");
        await node.SendAsync(Body(other));
        await node.SendAsync(Body(Peer, id: Guid.CreateVersion7()));
        await node.SendAsync(Body(Peer, protocol: $"{Protocol}/m"));
        var cancelled = await node.SendAsync(Body(Peer));
        await node.CallAsync(HttpMethod.Delete, $"/v1/messages/{cancelled["id"]}", null);
        await node.CallAsync(HttpMethod.Post, "/v1/messages", Body("nobody-" + Peer));
        await node.CallAsync(HttpMethod.Post, "/v1/messages", Body(Peer, protocol: $"{Protocol}/unmapped"));
        using var stranger = new HttpClient { BaseAddress = node.Host.Address };
        using var refused = await stranger.GetAsync($"/v1/peers/{Peer}");
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    /// <summary>One node acknowledges what it received, at the other one it stays.</summary>
    private async Task ReceiveAsync(TestNode node)
    {
        var (_, page) = await node.GetAsync("/v1/inbox?wait=30s");
        var message = page!["messages"]!.AsArray().Single()!;
        Assert.That(message["text"]!.GetValue<string>(), Is.EqualTo(Payload));
        if (node == _pair.Beta)
            await node.CallAsync(HttpMethod.Post, "/v1/inbox/ack", $$"""{ "ids": ["{{message["id"]}}"] }""");
    }

    private static string Body(string to, string protocol = Protocol, Guid? id = null) => $$"""
        {
          "to": "{{to}}", "protocol": "{{protocol}}", "text": "{{Payload}}", "key": "a-lane-key",
          "attributes": { "an-attribute": "a-value-of-it" } {{(id is null ? "" : $", \"id\": \"{id}\"")}}
        }
        """;

    private static void AssertNone(TestNode node, string[] texts)
    {
        foreach (var (name, bytes) in Files(node))
            foreach (var text in texts)
                Assert.That(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)), Is.Negative, $"'{text}' in {name}");
    }

    private static List<(string Name, byte[] Bytes)> Files(TestNode node)
    {
        var data = Path.Combine(node.Folder, "data");
        return [.. Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)
            .Where(f => new FileInfo(f).Length > 0) // a lock is empty, and cannot be read
            .Select(f => (Path.GetRelativePath(data, f).Replace('\\', '/'), File.ReadAllBytes(f)))];
    }

    private static byte[] SeedOf(TestNode node)
    {
        var pem = File.ReadAllText(Path.Combine(node.Folder, "data", "identity.pem"));
        var place = PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[place.Base64Data])[^32..]; // PKCS#8: the key stands at its end
    }

    /// <summary>The token, and the key as it would be printed.</summary>
    private static string[] SecretsOf(TestNode node)
    {
        var seed = SeedOf(node);
        return
        [
            node.Host.Token.Text, Convert.ToBase64String(seed)[..^2], Convert.ToHexString(seed),
            Convert.ToHexStringLower(seed), PemBodyOf(node),
        ];
    }

    private static string PemBodyOf(TestNode node)
    {
        var pem = File.ReadAllText(Path.Combine(node.Folder, "data", "identity.pem"));
        return pem[PemEncoding.Find(pem).Base64Data].Trim();
    }
}
