using System.Net;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>The next start goes on where the last one was, and SIGTERM ends it in order.</summary>
[TestFixture]
public sealed class RestartTests
{
    private string _folder = null!;
    private NodeProcess _sender = null!;
    private NodeProcess _receiver = null!;

    [SetUp]
    public async Task SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("pluginnode-e2e-").FullName;
        (_sender, _receiver) = (new NodeProcess(_folder, "sender"), new NodeProcess(_folder, "receiver"));
        await NodeProcess.IntroduceAsync(_sender, _receiver);
        await _sender.StartAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _sender.DisposeAsync();
        await _receiver.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task StartedAgain_WhatWaitedGoesOut_TheInboxIsThere_AndIdsAreRemembered()
    {
        var body = Body("first", Guid.CreateVersion7());
        Assert.That((await _sender.PostAsync("/v1/messages", body)).Status, Is.EqualTo(HttpStatusCode.Accepted));
        await AgainAsync(_sender, gently: true);
        Assert.That((await _sender.PostAsync("/v1/messages", body)).Status, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await TextsAsync(_sender, "messages"), Has.Count.EqualTo(1), "the id is remembered while it waits");

        await _receiver.StartAsync();
        await _sender.EndedAsync(body["id"]!.GetValue<string>());
        await AgainAsync(_receiver, gently: false);
        Assert.That(await TextsAsync(_receiver, "inbox"), Is.EqualTo(new[] { "first" }));

        await AgainAsync(_sender, gently: false);
        var (status, answer) = await _sender.PostAsync("/v1/messages", body);
        Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted), "the id is remembered when it was delivered");
        Assert.That(answer!["state"]!.GetValue<string>(), Is.EqualTo("delivered"));
        body["text"] = "other content";
        Assert.That((await _sender.PostAsync("/v1/messages", body)).Status, Is.EqualTo(HttpStatusCode.Conflict));

        var acknowledged = new JsonObject { ["ids"] = new JsonArray(body["id"]!.GetValue<string>()) };
        Assert.That((await _receiver.PostAsync("/v1/inbox/ack", acknowledged)).Status, Is.EqualTo(HttpStatusCode.OK));
        await AgainAsync(_receiver, gently: true);
        await _sender.EndedAsync(await _sender.SendAsync("receiver", "second"));
        Assert.That(await TextsAsync(_receiver, "inbox"), Is.EqualTo(new[] { "second" }), "acknowledged stays away");
    }

    [Test]
    public async Task Killed_ItsOwnEventsAreThere_WithTheSignatureThatTheyHad()
    {
        var body = new JsonObject { ["service"] = "door", ["data"] = new JsonObject { ["open"] = true } };
        var (status, recorded) = await _sender.PostAsync("/v1/events", body);
        Assert.That(status, Is.EqualTo(HttpStatusCode.Created));
        await AgainAsync(_sender, gently: false);
        var events = (await _sender.GetAsync("/v1/events?service=door"))["events"]!.AsArray();
        Assert.That(events.Select(e => e!.ToJsonString()), Is.EqualTo(new[] { recorded!.ToJsonString() }));
    }

    [Test, Platform(Exclude = "Win", Reason = "There are no such signals.")]
    public async Task Terminated_ModerateOnesBecomeDeadLetters_CriticalOnesWait_AndTheExitCodeIs0()
    {
        var moderate = new List<string>();
        for (var i = 0; i < 3; i++) moderate.Add(await _sender.SendAsync("receiver", $"m{i}", "/test/moderate"));
        var critical = await _sender.SendAsync("receiver", "c");
        Assert.That(await _sender.StopAsync(), Is.Zero);

        await _sender.StartAsync();
        var dead = (await _sender.GetAsync("/v1/dead-letters"))["deadLetters"]!.AsArray();
        Assert.That(dead.Select(d => d!["id"]!.GetValue<string>()), Is.EquivalentTo(moderate));
        Assert.That(dead.Select(d => d!["reason"]!.GetValue<string>()), Is.All.EqualTo("stopped"));
        await _receiver.StartAsync();
        await _sender.EndedAsync(critical);
        Assert.That(await TextsAsync(_receiver, "inbox"), Is.EqualTo(new[] { "c" }));

        using var replayed = await _sender.Api.PostAsync(_sender.Url($"/v1/dead-letters/{moderate[0]}/replay"), null);
        Assert.That(replayed.IsSuccessStatusCode, await replayed.Content.ReadAsStringAsync());
        await Until.TrueAsync(
            async () => (await TextsAsync(_receiver, "inbox")).Contains("m0"), "a dead letter can be sent again");
    }

    [Test, Platform(Exclude = "Win", Reason = "There are no such signals.")]
    public async Task Terminated_WhatIsInFlightIsFinished_AndIsNoDeadLetter()
    {
        // A peer that takes the call and answers when the test says so.
        using var relay = new SlowRelay(_receiver.MeshPort);
        var peer = (await _sender.GetAsync("/v1/peers/receiver"))["publicKey"]!.GetValue<string>();
        await _receiver.StartAsync();
        await _sender.KillAsync();
        _sender.Configuration["peers"] = new JsonArray(new JsonObject
        {
            ["name"] = "receiver", ["publicKey"] = peer,
            ["addresses"] = new JsonArray($"mesh+http://127.0.0.1:{relay.Port}"),
        });
        _sender.WriteConfiguration();
        await _sender.StartAsync();
        var id = await _sender.SendAsync("receiver", "in flight", "/test/moderate");
        await relay.CalledAsync();
        var stopped = _sender.StopAsync();
        await Until.TrueAsync(
            () => Task.FromResult(_sender.Log.Contains("stopping", StringComparison.Ordinal)), "it stops");
        relay.LetGo();
        Assert.That(await stopped, Is.Zero);

        Assert.That(await TextsAsync(_receiver, "inbox"), Is.EqualTo(new[] { "in flight" }));
        await _sender.StartAsync();
        Assert.That((await _sender.GetAsync("/v1/dead-letters"))["deadLetters"]!.AsArray(), Is.Empty, id);
    }

    private static JsonObject Body(string text, Guid id) => new()
    {
        ["to"] = "receiver", ["protocol"] = "/test/critical", ["text"] = text, ["id"] = id.ToString(),
    };

    private static async Task AgainAsync(NodeProcess node, bool gently)
    {
        if (gently) Assert.That(await node.StopAsync(), Is.Zero);
        else await node.KillAsync();
        await node.StartAsync();
    }

    private static async Task<List<string?>> TextsAsync(NodeProcess node, string list) =>
        [.. (await node.GetAsync($"/v1/{list}"))["messages"]!.AsArray().Select(m => m!["text"]?.GetValue<string>())];
}
