using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Composition;
using PluginNode.Configuration;

namespace PluginNode.Host.Tests;

/// <summary>A whole node in this process, with the memory store and its control API on a free port.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private TestNode(TemporaryFolder folder, NodeHost host)
    {
        _folder = folder;
        Host = host;
        Http = new HttpClient { BaseAddress = host.Address };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token.Text);
    }

    public NodeHost Host { get; }

    public HttpClient Http { get; }

    public string Folder => _folder.Path;

    public static async Task<TestNode> StartAsync(
        string? configuration = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        var folder = new TemporaryFolder();
        var file = folder.Write("plugins.json", configuration ?? Configuration());
        Directory.CreateDirectory(folder["plugins"]);
        var settings = ConfigurationFile.Read(file, new Dictionary<string, string>(StringComparer.Ordinal));
        var host = await NodeHost.StartAsync(
            settings, time ?? TimeProvider.System, loggers ?? NullLoggerFactory.Instance, CancellationToken.None);
        return new TestNode(folder, host);
    }

    public static string Configuration(string more = "") => $$"""
        {
          "store": "memory", "api": { "listen": "http://127.0.0.1:0" },
          "delivery": { "protocols": { "/test/critical": "critical", "/test/moderate": "moderate" } },
          {{more}}
        }
        """;

    /// <summary>A second configuration file that names the port that was taken, for the command line.</summary>
    public string FileForCommands() => _folder.Write("commands.json", $$"""
        { "store": "memory", "api": { "listen": "{{Host.Address}}" } }
        """);

    public Task<(HttpStatusCode Status, JsonNode? Body)> GetAsync(string path) => CallAsync(HttpMethod.Get, path, null);

    public async Task<(HttpStatusCode Status, JsonNode? Body)> CallAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async Task<JsonNode> SendAsync(string body)
    {
        var (status, answer) = await CallAsync(HttpMethod.Post, "/v1/messages", body);
        Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted), answer?.ToJsonString());
        return answer!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        _folder.Dispose();
    }
}
