using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Identity;

namespace PluginNode.Host.Tests;

/// <summary>Whole nodes, with the file store and mesh HTTP, whose clocks are wrong: that ends no message.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("1970", "right"), TestCase("1970", "hour ahead"), TestCase("hour ahead", "hour behind")]
    public async Task ClocksAreWrong_MessagesArriveInBothDirections_AndNoneDies(string first, string second)
    {
        await using var alpha = await StartAsync("alpha", Clock(first));
        await using var beta = await StartAsync("beta", Clock(second));
        await IntroduceAsync(alpha, beta);
        await IntroduceAsync(beta, alpha);
        await SendSixAsync(alpha, "beta");
        await SendSixAsync(beta, "alpha");
        await SixArriveAsync(alpha);
        await SixArriveAsync(beta);
        await NothingIsLeftAsync(alpha);
        await NothingIsLeftAsync(beta);
    }

    [TestCase("1970", "right"), TestCase("right", "1970")]
    public async Task ClockIsSetWhileTheNodeIsDown_WhatWaitsWithATtlStillArrives(string before, string after)
    {
        await using var beta = await StartAsync("beta", Clock("right"));
        await using (var alpha = await StartAsync("alpha", Clock(before)))
        {
            await IntroduceAsync(alpha, beta);
            await IntroduceAsync(beta, alpha);
            await alpha.CallAsync(HttpMethod.Post, "/v1/peers/beta/pause", null);
            foreach (var ttl in (string[])["10m", "12h", "7d"]) await alpha.SendAsync("beta", "critical", ttl);
        }
        await using var again = await StartAsync("alpha", Clock(after));
        Assert.That(await again.ListAsync("messages", "messages"), Has.Count.EqualTo(3));
        await again.CallAsync(HttpMethod.Post, "/v1/peers/beta/resume", null);
        await UntilAsync(async () => (await beta.ListAsync("inbox", "messages")).Count == 3, again);
        await NothingIsLeftAsync(again);
    }

    private static async Task SendSixAsync(Node from, string to)
    {
        foreach (var ttl in (string?[])[null, "1m", "12h"])
        {
            await from.SendAsync(to, "critical", ttl);
            await from.SendAsync(to, "moderate", ttl);
        }
    }

    private static Task SixArriveAsync(Node node) =>
        UntilAsync(async () => (await node.ListAsync("inbox", "messages")).Count == 6, node);

    private static async Task NothingIsLeftAsync(Node node)
    {
        await UntilAsync(async () => (await node.ListAsync("messages", "messages")).Count == 0, node);
        Assert.That(await node.ListAsync("dead-letters", "deadLetters"), Is.Empty);
    }

    private static OffsetClock Clock(string kind) => new(kind switch
    {
        "1970" => DateTimeOffset.UnixEpoch - DateTimeOffset.UtcNow,
        "hour ahead" => TimeSpan.FromHours(1),
        "hour behind" => TimeSpan.FromHours(-1),
        _ => TimeSpan.Zero,
    });

    private static async Task UntilAsync(Func<Task<bool>> condition, Node node)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(20))
            if (waited.Elapsed > Patience)
                Assert.Fail($"{node.Name}: inbox {(await node.ListAsync("inbox", "messages")).Count}, waiting "
                    + (await node.ListAsync("messages", "messages")).ToJsonString());
    }

    private async Task<Node> StartAsync(string name, TimeProvider clock)
    {
        Directory.CreateDirectory(_folder[name]);
        var port = FreePort();
        var file = _folder.Write($"{name}/plugins.json", $$"""
            {
              "node": { "name": "{{name}}" }, "api": { "listen": "http://127.0.0.1:0" },
              "plugins": {
                "folder": "{{StagedNode.Plugins}}",
                "settings": { "mesh-http": { "listen": "http://127.0.0.1:{{port}}" } }
              },
              "delivery": {
                "protocols": { "/test/critical": "critical", "/test/moderate": "moderate" },
                "retry": { "first": "50ms", "most": "200ms" },
                "levels": { "moderate": { "persisted": false, "retries": ["50ms", "100ms", "200ms"] } }
              }
            }
            """);
        var settings = ConfigurationFile.Read(file, new Dictionary<string, string>(StringComparer.Ordinal));
        var host = await NodeHost.StartAsync(settings, clock, NullLoggerFactory.Instance, CancellationToken.None);
        using var identity = NodeIdentity.Load(settings.IdentityFile);
        return new Node(name, host, identity.Self, $"mesh+http://127.0.0.1:{port}");
    }

    private static async Task IntroduceAsync(Node to, Node other)
    {
        var key = Convert.ToBase64String(other.Id.ToPublicKey());
        var body = new JsonObject { ["publicKey"] = key, ["addresses"] = new JsonArray(other.Address) };
        await to.CallAsync(HttpMethod.Put, $"/v1/peers/{other.Name}", body.ToJsonString());
    }

    // Where mesh HTTP really listens is told to nobody, so its port is chosen before.
    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record Node(string Name, NodeHost Host, PeerId Id, string Address) : IAsyncDisposable
    {
        private readonly HttpClient _http = new()
        {
            BaseAddress = Host.Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Host.Token.Text) },
        };

        public Task<JsonNode> SendAsync(string to, string level, string? ttl)
        {
            var body = new JsonObject { ["to"] = to, ["protocol"] = $"/test/{level}", ["text"] = "x" };
            if (ttl is not null) body["ttl"] = ttl;
            return CallAsync(HttpMethod.Post, "/v1/messages", body.ToJsonString());
        }

        public async Task<JsonArray> ListAsync(string path, string list) =>
            (await CallAsync(HttpMethod.Get, $"/v1/{path}", null))[list]!.AsArray();

        public async Task<JsonNode> CallAsync(HttpMethod method, string path, string? body)
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.That(response.IsSuccessStatusCode, $"{path}: {text}");
            return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await Host.DisposeAsync();
        }
    }
}
