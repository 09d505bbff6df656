using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Where two have several connections with each other, both use the same one.</summary>
[TestFixture]
internal sealed class SameConnectionTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<Libp2pHost> _hosts = [];

    [TearDown]
    public async Task TearDown()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        _hosts.Clear();
    }

    /// <summary>One dials for long and the other one meanwhile; what is "at once" for one of them is not for the
    /// other.</summary>
    [Test]
    public async Task DialledByBoth_WithOtherSettings_BothUseThatOfTheSmallerKey([Values] bool slowIsSmaller)
    {
        var (smaller, larger) = Two();
        var (slow, quick) = slowIsSmaller ? (smaller, larger) : (larger, smaller);
        var a = Host(slow, new HostOptions { DialTimeout = TimeSpan.FromSeconds(10) });
        var b = Host(quick, new HostOptions { DialTimeout = TimeSpan.FromSeconds(1) });
        await using var relay = TcpRelay.To(b.ListenHere(), open: false);
        var dialling = a.ConnectAsync(b.Self, [relay.Address], default);
        await relay.Knocked;
        await b.ConnectAsync(a.Self, [a.ListenHere()], default).SoonAsync();
        await Patience.UntilAsync(() => a.Connections.Count == 1, "a has the one that b has made");
        _time.Advance(TimeSpan.FromSeconds(3));
        relay.Open();
        await dialling.SoonAsync();
        await Patience.UntilAsync(() => a.Connections.Count + b.Connections.Count == 4, "both have both");
        var used = (await a.ConnectAsync(b.Self, [], default), await b.ConnectAsync(a.Self, [], default));
        Assert.That((used.Item1.IsInbound, used.Item2.IsInbound), Is.EqualTo((!slowIsSmaller, slowIsSmaller)));
    }

    /// <summary>The rule would keep a dead one for as long as nobody asks.</summary>
    [Test]
    public async Task Dialled_ByWhoHasLostTheOneInUse_TakesItsPlace()
    {
        var (smaller, larger) = Two();
        var (a, b) = (Host(smaller, new HostOptions()), Host(larger, new HostOptions()));
        await using var relay = TcpRelay.To(b.ListenHere());
        var lost = await a.ConnectAsync(b.Self, [relay.Address], default).SoonAsync();
        await Patience.UntilAsync(
            () => b.Connections is [{ Identified: not null, StreamCount: 0 }]
                && lost is { Identified: not null, StreamCount: 0 }, "all is said that is said at the beginning");
        relay.Cut();
        await Patience.UntilAsync(() => b.Connections.Count == 0, "b has lost it");
        await b.ConnectAsync(a.Self, [a.ListenHere()], default).SoonAsync();
        await relay.Lost; // a asks whether it is alive
        Assert.That(a.Connections, Has.Count.EqualTo(2));
        await Patience.UntilAsync(
            () => a.Connections.Concat(b.Connections).Where(c => c != lost).All(c => c.Identified is not null),
            "both ends of the new one have heard something, or its own keep-alive would end it below");
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.That((await lost.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.TimedOut));
        await Patience.UntilAsync(() => a.Connections.Count == 1, "it is gone");
        for (var i = 0; i < 10; i++) _time.Advance(TimeSpan.FromSeconds(1));
        var used = await a.ConnectAsync(b.Self, [], default);
        Assert.That(used.IsInbound);
        Assert.That((used.Retired, used.Completion.IsCompleted), Is.EqualTo(((long?)null, false)));
    }

    private static (TestIdentity Smaller, TestIdentity Larger) Two()
    {
        var (one, other) = (TestIdentity.Fresh(), TestIdentity.Fresh());
        return one.Self.ToPublicKey().AsSpan().SequenceCompareTo(other.Self.ToPublicKey()) < 0
            ? (one, other) : (other, one);
    }

    private Libp2pHost Host(TestIdentity identity, HostOptions options)
    {
        var host = Some.Host(options, identity, time: _time);
        _hosts.Add(host);
        return host;
    }
}
