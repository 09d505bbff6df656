using PluginNode.Conformance;
using System.Net;
using Microsoft.AspNetCore.Connections;
using PluginNode.Identity;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Transports;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

/// <summary>The bounds that keep a peer, or a stranger, from filling memory.</summary>
[TestFixture]
internal sealed class LimitTests
{
    private readonly PeerId _peer = new KeyRing().NewSigner().Self;

    [Test]
    public void NonceCache_Full_SaysSoForThatPeerOnly()
    {
        var cache = new NonceCache(capacity: 2, window: 30);

        Assert.That(cache.Add(_peer, 1, 100, 100), Is.EqualTo(NonceVerdict.New));
        Assert.That(cache.Add(_peer, 2, 100, 100), Is.EqualTo(NonceVerdict.New));
        Assert.That(cache.Add(_peer, 3, 100, 100), Is.EqualTo(NonceVerdict.Full));
        Assert.That(cache.Add(_peer, 1, 100, 100), Is.EqualTo(NonceVerdict.Seen));
        Assert.That(cache.Add(new KeyRing().NewSigner().Self, 3, 100, 100), Is.EqualTo(NonceVerdict.New));
    }

    [Test]
    public void NonceCache_TimePasses_ForgetsOnlyWhatCannotPassAgain()
    {
        var cache = new NonceCache(capacity: 2, window: 30);
        cache.Add(_peer, 1, 100, 100);
        cache.Add(_peer, 2, 101, 101);

        Assert.That(cache.Add(_peer, 3, 131, 131), Is.EqualTo(NonceVerdict.New));
        Assert.That(cache.Add(_peer, 2, 101, 131), Is.EqualTo(NonceVerdict.Seen));
        Assert.That(cache.Add(_peer, 1, 100, 130), Is.EqualTo(NonceVerdict.Stale),
            "looked at the clock before the one above");
    }

    [Test]
    public async Task ByteBudget_Full_ServesInOrderOnceThereIsRoom()
    {
        var budget = new ByteBudget(10, 10);
        await budget.TakeAsync(_peer, 8, CancellationToken.None);
        var large = budget.TakeAsync(_peer, 9, CancellationToken.None).AsTask();
        var small = budget.TakeAsync(_peer, 1, CancellationToken.None).AsTask();

        Assert.That(small.IsCompleted, Is.False, "it would starve the large one");
        budget.Return(_peer, 8);
        await large;
        await small;
    }

    [Test]
    public async Task ByteBudget_WaiterGivesUp_TheNextOneIsServed()
    {
        var budget = new ByteBudget(10, 10);
        await budget.TakeAsync(_peer, 8, CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var large = budget.TakeAsync(_peer, 9, cancel.Token).AsTask();
        var small = budget.TakeAsync(_peer, 2, CancellationToken.None).AsTask();

        await cancel.CancelAsync();

        Assert.ThrowsAsync<TaskCanceledException>(() => large);
        await small;
    }

    [Test]
    public async Task ByteBudget_PeerHasItsShare_OthersAreServedBeforeIt()
    {
        var budget = new ByteBudget(10, 4);
        await budget.TakeAsync(_peer, 3, CancellationToken.None);
        var own = budget.TakeAsync(_peer, 2, CancellationToken.None).AsTask();

        await budget.TakeAsync(new KeyRing().NewSigner().Self, 4, CancellationToken.None);

        Assert.That(own.IsCompleted, Is.False);
        budget.Return(_peer, 3);
        await own;
    }

    [Test]
    public async Task ConnectionLimit_AddressHasAll_AnotherIsStillTaken()
    {
        using var logs = new RecordingLoggers();
        var limit = new ConnectionLimit(1, TimeProvider.System, logs);
        var end = Signal.New();
        var taken = 0;

        var first = RunAsync("127.0.0.1");
        await RunAsync("::ffff:127.0.0.1");
        await RunAsync("127.0.0.1");
        var other = RunAsync("127.0.0.2");
        Assert.That(taken, Is.EqualTo(2));
        Assert.That(logs.Lines.Single().Text, Does.Contain("127.0.0.1").And.Contains("maxConnectionsPerAddress"));
        end.SetResult();
        await Task.WhenAll(first, other);
        await RunAsync("127.0.0.1");

        Assert.That(taken, Is.EqualTo(3));

        Task RunAsync(string address) => limit.RunAsync(
            new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) }, _ =>
            {
                taken++;
                return end.Task;
            });
    }

    [Test]
    public async Task Connect_MoreThanAnAddressMay_IsClosed()
    {
        await using var node = await new TestNode(
            new KeyRing(), new() { Listen = "http://127.0.0.1:0", MaxConnectionsPerAddress = 2 }).StartAsync();
        const string Ping = "GET /ping HTTP/1.1\r\nHost: b\r\n\r\n";
        using var first = await RawConnection.OpenAsync(node.Url);
        using var second = await RawConnection.OpenAsync(node.Url);
        Assert.That(await first.AskAsync(Ping), Does.StartWith("HTTP/1.1 200"));
        Assert.That(await second.AskAsync(Ping), Does.StartWith("HTTP/1.1 200"));

        var third = await RawConnection.WhatComesAsync(node.Url);

        Assert.That(third, Is.Empty);
        Assert.That(node.Logs.Lines.Count(l => l.Id == 3007), Is.EqualTo(1));
        Assert.That(await first.AskAsync(Ping), Does.StartWith("HTTP/1.1 200"));
    }

    [Test]
    public async Task Send_ManyAtOnce_OpensFewConnections()
    {
        var ring = new KeyRing();
        await using var bob = await new TestNode(
            ring, new() { Listen = "http://127.0.0.1:0", MaxConnectionsPerAddress = 8 }).StartAsync();
        await using var alice = await new TestNode(ring, new() { Listen = "" }).StartAsync();
        bob.Peers.Add(alice.Id);

        var sent = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => alice.SendAsync(bob, SomeFrame())));

        Assert.That(sent.Select(o => o[0].Status), Is.All.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public void RareLog_FloodOfInventedPeers_KeepsFewOfThem()
    {
        var log = new RareLog<PeerId>(TimeProvider.System);
        var ring = new KeyRing();

        var lines = Enumerable.Range(0, 2000).Count(_ => log.May(ring.NewSigner().Self));

        Assert.That(lines, Is.EqualTo(1024));
    }
}
