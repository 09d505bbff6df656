using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Identity;
using EventId = PluginNode.Events.EventId;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>A neighbour as the nara network has them: it knows no days, and does what the test says.</summary>
internal sealed class FakeNeighbour : IAsyncDisposable
{
    private const int MostEvents = 5_000;

    private readonly NodeIdentity _identity = NodeIdentity.FromSeed(RandomNumberGenerator.GetBytes(32));
    private readonly EventCodec _codec = new(SyncNodes.Kinds);
    private readonly WebApplication _server;
    private int _calls;
    private long _sent;

    private FakeNeighbour(string name, Func<FakeNeighbour, JsonNode, HttpResponse, Task> answer)
    {
        Name = name;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapPost("/events/sync", async context =>
        {
            Interlocked.Increment(ref _calls);
            var request = await JsonNode.ParseAsync(context.Request.Body);
            await answer(this, request!, context.Response);
        });
    }

    public string Name { get; }

    public PeerId Id => _identity.Self;

    public string Address => "mesh+" + _server.Services.GetRequiredService<IServer>()
        .Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>How often it was asked for events.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>How many bytes it gave in answers that do not end.</summary>
    public long SentEndlessly => Interlocked.Read(ref _sent);

    /// <summary>What it holds, oldest first, as it writes them.</summary>
    public IReadOnlyList<(long Time, EventId Id, string Json)> Events { get; private set; } = [];

    /// <param name="name">What it is called.</param>
    /// <param name="answer">Answers what it is asked for.</param>
    public static async Task<FakeNeighbour> StartAsync(
        string name, Func<FakeNeighbour, JsonNode, HttpResponse, Task> answer)
    {
        var neighbour = new FakeNeighbour(name, answer);
        await neighbour._server.StartAsync();
        return neighbour;
    }

    /// <summary>What it holds.</summary>
    /// <param name="events">They.</param>
    /// <param name="write">How it writes one; null: as it is.</param>
    public FakeNeighbour With(IEnumerable<Event> events, Func<Event, string, string>? write = null)
    {
        Events = [.. events.OrderBy(e => e.Timestamp).Select(e => (e.Timestamp, e.Id, Write(e, write)))];
        return this;
    }

    /// <summary>Pages by bare cursors, samples that are its newest, and slices that are.</summary>
    public static Task AnswerAsync(FakeNeighbour self, JsonNode request, HttpResponse response)
    {
        if ((string?)request["mode"] != "page") return AnswerAsOlderAsync(self, request, response);
        var after = long.TryParse(((string?)request["cursor"])?.Split(':')[0], out var cursor) ? cursor : -1;
        var size = Math.Min((int?)request["page_size"] ?? MostEvents, MostEvents);
        var page = self.Events.Where(e => e.Time > after).Take(size + 1).ToList();
        var next = page.Count > size ? $"{page[size - 1].Time}" : null;
        return self.SendAsync(response, page.Take(size), self._identity, next);
    }

    /// <summary>As a peer that knows no modes: its newest, whatever it is asked.</summary>
    public static Task AnswerAsOlderAsync(FakeNeighbour self, JsonNode request, HttpResponse response)
    {
        var most = (int?)request["max_events"] ?? 0;
        return self.SendAsync(
            response, self.Events.TakeLast(most is <= 0 or > MostEvents ? MostEvents : most), self._identity, null);
    }

    /// <summary>As <see cref="AnswerAsync"/>, with the signature of somebody else.</summary>
    public static async Task AnswerWithOtherKeyAsync(FakeNeighbour self, JsonNode request, HttpResponse response)
    {
        using var other = NodeIdentity.FromSeed(RandomNumberGenerator.GetBytes(32));
        await self.SendAsync(response, self.Events.Take(100), other, null);
    }

    /// <summary>Well signed, and no answer.</summary>
    public static Task AnswerGarbageAsync(FakeNeighbour self, JsonNode request, HttpResponse response) =>
        self.SendAsync(
            response, Encoding.UTF8.GetBytes($$"""{"from":"{{self.Name}}","events":[{]"""), self._identity);

    /// <summary>A body that does not end.</summary>
    public static async Task AnswerEndlesslyAsync(FakeNeighbour self, JsonNode request, HttpResponse response)
    {
        self.Sign(response, new byte[SHA256.HashSizeInBytes], self._identity);
        await response.WriteAsync($$"""{"from":"{{self.Name}}","events":[],"more":[""");
        var more = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\"aaaaaaaaaaaaaa\",", 4_096)));
        while (!response.HttpContext.RequestAborted.IsCancellationRequested)
        {
            await response.Body.WriteAsync(more, CancellationToken.None);
            Interlocked.Add(ref self._sent, more.Length);
            await Task.Yield(); // once the caller has gone, a write does nothing, and the news of it must get a turn
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _identity.Dispose();
    }

    private Task SendAsync(
        HttpResponse response, IEnumerable<(long Time, EventId Id, string Json)> events, NodeIdentity identity,
        string? next)
    {
        var page = events.ToList();
        var seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var signature = new byte[ISigner.SignatureBytes];
        new NaraSigner(identity, Name).SignEvents(seconds, [.. page.Select(e => e.Id)], signature);
        var cursor = next is null ? "" : $"\"next_cursor\":\"{next}\",";
        return SendAsync(response, Encoding.UTF8.GetBytes(
            $$"""
            {"from":"{{Name}}","events":[{{string.Join(',', page.Select(e => e.Json))}}],{{cursor}}
            "ts":{{seconds}},"sig":"{{Convert.ToBase64String(signature)}}"}
            """), identity);
    }

    private async Task SendAsync(HttpResponse response, byte[] body, NodeIdentity identity)
    {
        Sign(response, SHA256.HashData(body), identity);
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body);
    }

    private void Sign(HttpResponse response, byte[] digest, NodeIdentity identity)
    {
        var time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var signature = new byte[ISigner.SignatureBytes];
        new NaraSigner(identity, Name).SignResponse(time, digest, signature);
        response.Headers["X-Nara-Name"] = Name;
        response.Headers["X-Nara-Timestamp"] = $"{time}";
        response.Headers["X-Nara-Signature"] = Convert.ToBase64String(signature);
    }

    private string Write(Event e, Func<Event, string, string>? write)
    {
        var json = new ArrayBufferWriter<byte>();
        _codec.Encode(e, json);
        var text = Encoding.UTF8.GetString(json.WrittenSpan);
        return write is null ? text : write(e, text);
    }
}
