using System.Net;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>A disk that is really full: what does not fit is refused, and nothing that was promised suffers.</summary>
[TestFixture]
public sealed class FullDiskTests
{
    private string _folder = null!;
    private readonly Dictionary<string, string> _promised = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("pluginnode-e2e-").FullName;
        _promised.Clear();
        _refused.Clear();
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task DiskIsFull_WhatDoesNotFitIsRefused_AndAllThatWasPromisedArrives()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "disk"), "8m");
        await using var sender = new NodeProcess(_folder, "sender", disk);
        await using var receiver = new NodeProcess(_folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver);
        await sender.StartAsync();
        await SendFiveAsync(sender, "before");

        disk.Fill();
        await SendUntilFullAsync(sender);
        Assert.That(await SendAsync(sender, "still full"), Is.EqualTo(HttpStatusCode.InsufficientStorage));
        Assert.That(await WaitingAsync(sender), Is.EquivalentTo(_promised.Keys), "as before");
        using (var alive = await sender.Api.GetAsync(sender.Url("/health/live")))
            Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        disk.Free();
        await SendFiveAsync(sender, "after");
        await sender.KillAsync();
        await sender.StartAsync();
        Assert.That(await WaitingAsync(sender), Is.EquivalentTo(_promised.Keys));
        await receiver.StartAsync();
        Assert.That(await ReceivedAsync(receiver), Is.EquivalentTo(_promised.Values.Select(Ledger.Brief)));
    }

    [Test]
    public async Task RefusedForAFullDisk_TheSameIdIsTakenLater()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "disk"), "8m");
        await using var sender = new NodeProcess(_folder, "sender", disk);
        await using var receiver = new NodeProcess(_folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver);
        await sender.StartAsync();
        disk.Fill();
        await SendUntilFullAsync(sender);
        var (id, text) = _refused.First();
        disk.Free();
        Assert.That(await SendAsync(sender, text, id), Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await SendAsync(sender, text, id), Is.EqualTo(HttpStatusCode.Accepted), "and once more is safe");
        Assert.That(await WaitingAsync(sender), Is.EquivalentTo(_promised.Keys));
    }

    [Test]
    public async Task ReceiversDiskIsFull_TheMessageWaits_AndArrivesOnceThereIsSpace()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "disk"), "8m");
        await using var sender = new NodeProcess(_folder, "sender");
        await using var receiver = new NodeProcess(_folder, "receiver", disk);
        await NodeProcess.IntroduceAsync(sender, receiver);
        await sender.StartAsync();
        await receiver.StartAsync();
        disk.Fill();
        for (var i = 0; i < 32; i++) await SendAsync(sender, $"big {i} {new string('x', 1 << 17)}");
        await Until.TrueAsync(() => TriedInVainAsync(sender), "the sender is told to try again");
        disk.Free();
        Assert.That(await ReceivedAsync(receiver), Is.EquivalentTo(_promised.Values.Select(Ledger.Brief)));
        await Until.TrueAsync(async () => (await WaitingAsync(sender)).Count == 0, "nothing waits any more");
        Assert.That((await sender.GetAsync("/v1/dead-letters"))["deadLetters"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task DiskIsFullAtTheStart_ItStartsAndRefuses_UntilThereIsSpace()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "disk"), "8m");
        await using var sender = new NodeProcess(_folder, "sender", disk);
        await using var receiver = new NodeProcess(_folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver);
        await sender.StartAsync();
        await SendFiveAsync(sender, "before");
        await sender.KillAsync();
        disk.Fill();
        await sender.StartAsync();
        await SendUntilFullAsync(sender);
        disk.Free();
        await SendFiveAsync(sender, "after");
        Assert.That(await WaitingAsync(sender), Is.EquivalentTo(_promised.Keys));
    }

    [Test]
    public async Task DiskIsFullAtTheFirstStart_SaysSo_AndStartsOnceThereIsSpace()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "disk"), "8m");
        await using var node = new NodeProcess(_folder, "alpha", disk);
        disk.Fill();
        await StartFailureTests.FailsAsync(node, 1, ["run"], disk.Folder, "No space left");
        disk.Free();
        await node.StartAsync();
    }

    // A segment may have been set aside before the disk was full: at most so much is still taken.
    private async Task SendUntilFullAsync(NodeProcess node)
    {
        for (var i = 0; i < 64; i++)
        {
            var status = await SendAsync(node, $"big {i} {new string('x', 1 << 16)}");
            if (status == HttpStatusCode.InsufficientStorage) return;
            Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted));
        }
        Assert.Fail("The disk is full, and nobody was told.");
    }

    private async Task<HttpStatusCode> SendAsync(NodeProcess node, string text, string? id = null)
    {
        id ??= Guid.CreateVersion7().ToString();
        var (status, answer) = await node.PostAsync("/v1/messages", new JsonObject
        {
            ["to"] = "receiver", ["protocol"] = "/test/critical", ["text"] = text, ["level"] = "critical", ["id"] = id,
        });
        (status == HttpStatusCode.Accepted ? _promised : _refused)[id] = text;
        if (status != HttpStatusCode.Accepted) Assert.That(answer!["detail"]!.GetValue<string>(), Does.Contain("full"));
        return status;
    }

    private async Task SendFiveAsync(NodeProcess node, string text)
    {
        for (var i = 0; i < 5; i++)
            Assert.That(await SendAsync(node, $"{text} {i}"), Is.EqualTo(HttpStatusCode.Accepted));
    }

    private static async Task<List<string>> WaitingAsync(NodeProcess node)
    {
        var page = await node.GetAsync("/v1/messages?limit=1000");
        return [.. page["messages"]!.AsArray().Select(m => m!["id"]!.GetValue<string>())];
    }

    private static async Task<bool> TriedInVainAsync(NodeProcess node)
    {
        var waiting = (await node.GetAsync("/v1/messages?limit=1"))["messages"]!.AsArray();
        if (waiting.Count == 0) return false;
        var id = waiting[0]!["id"]!.GetValue<string>();
        using var response = await node.Api.GetAsync(node.Url($"/v1/messages/{id}"));
        var history = await response.Content.ReadAsStringAsync();
        return history.Contains("the disk is full there", StringComparison.Ordinal);
    }

    private async Task<List<string>> ReceivedAsync(NodeProcess node)
    {
        var ledger = new Ledger();
        foreach (var (id, text) in _promised)
        {
            ledger.Add(new Sent(id, "sender", "receiver", id, 0, Ledger.Brief(text)));
            ledger.Add(new Accepted(id));
        }
        var consumer = new Consumer(ledger, node);
        consumer.Start();
        await Until.TrueAsync(
            () => Task.FromResult(Audit.Of(ledger.All()).Findings.All(f => f.Fault != Fault.Lost)),
            "all promised arrives");
        await consumer.StopAsync();
        Assert.That(Audit.Of(ledger.All()).Findings, Is.Empty);
        return Consumer.Texts(ledger);
    }
}
