using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Interop;

/// <summary>Connections with js-libp2p: who is there, and what it says of itself.</summary>
[TestFixture]
internal sealed class JsHandshakeTests : JsInteropFixture
{
    [Test]
    public async Task Dial_Js_ProvesWhoItIs()
    {
        var connection = await ConnectAsync();
        Assert.That(connection.Peer, Is.EqualTo(Js.Peer));
        Assert.That(await ConnectAsync(), Is.SameAs(connection), "one connection for a peer");
    }

    [Test]
    public async Task DialledByJs_OurKeyIsProved_AndTheConnectionServesBothWays()
    {
        var answer = await Js.CallAsync("dial", ("address", Address));
        Assert.That((string?)answer["peer"], Is.EqualTo(Host.Self.ToString()));
        var connection = await ConnectAsync();
        Assert.That(connection.IsInbound, "the one that js-libp2p made");
        await using var stream = await connection.OpenStreamAsync(Echo, default);
        await stream.WriteInPiecesAsync(Some.Pattern(100), 100);
        Assert.That((await stream.ReadToEndAsync().SoonAsync()).Bytes, Is.EqualTo(100));
    }

    [Test]
    public async Task Dial_AnotherPeerIsThere_Fails()
    {
        var somebody = TestIdentity.Fresh().Self;
        var fault = await Patience.FaultOfAsync(
            () => Host.ConnectAsync(somebody, [Js.Address with { Peer = somebody }], default));
        Assert.That(fault, Is.EqualTo(Libp2pFault.Authentication));
    }

    [Test]
    public void DialledByJs_ForAnotherPeer_Fails()
    {
        var address = Address.Replace(
            Host.Self.ToString(), TestIdentity.Fresh().Self.ToString(), StringComparison.Ordinal);
        Assert.That(() => Js.CallAsync("dial", ("address", address)), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Identify_WorksBothWays()
    {
        var connection = await ConnectAsync();
        await Patience.UntilAsync(() => connection.Identified is not null, "js-libp2p identifies itself");
        Assert.That(connection.Identified!.Agent, Does.StartWith("js-libp2p"));
        Assert.That(connection.Identified.Protocols, Does.Contain(Echo));
        Assert.That(connection.Identified.ListenAddresses, Does.Contain(Js.Address with { Peer = null }));
        Assert.That(connection.Identified.ObservedAddress?.Host, Is.EqualTo("127.0.0.1"));
        string? agent = null;
        while (agent != "pluginnode")
        {
            // It asks in its own time.
            var known = await Js.CallAsync("identified", ("peer", Host.Self.ToString()));
            agent = (string?)known["agent"];
            if (agent == "pluginnode")
                Assert.That(known["protocols"]!.AsArray().Select(p => (string?)p), Does.Contain(Echo));
        }
    }

    [Test]
    public async Task Push_WorksBothWays()
    {
        var connection = await ConnectAsync();
        await Patience.UntilAsync(() => connection.Identified is not null, "js-libp2p identifies itself");
        await Js.CallAsync("handle", ("protocol", $"/test/new/{Host.Self}"));
        await Patience.UntilAsync(
            () => connection.Identified!.Protocols.Contains($"/test/new/{Host.Self}"),
            "js-libp2p tells of a new protocol");

        Host.Handle("/test/ours/1", (_, _) => Task.CompletedTask);
        await Host.PushIdentifyAsync(connection, default).SoonAsync();
        var protocols = new List<string?>();
        while (!protocols.Contains("/test/ours/1"))
        {
            var known = await Js.CallAsync("identified", ("peer", Host.Self.ToString()));
            protocols = [.. known["protocols"]!.AsArray().Select(p => (string?)p)];
        }
    }

    [Test]
    public async Task Ping_WorksBothWays()
    {
        var connection = await ConnectAsync();
        Assert.That(await Host.PingAsync(connection, default).SoonAsync(), Is.GreaterThan(TimeSpan.Zero));
        Assert.That((double)(await Js.CallAsync("ping", ("address", Address)))["ms"]!, Is.GreaterThanOrEqualTo(0));
        await Patience.UntilAsync(() => connection.RoundTrip > TimeSpan.Zero, "yamux's own ping is answered");
    }
}
