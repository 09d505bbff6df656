using System.Globalization;
using PluginNode.Conformance;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Interop;

/// <summary>js-libp2p vanishes while streams are in use: it is stopped so that it says nothing any more, or
/// killed.</summary>
[TestFixture]
internal sealed class JsVanishTests : JsInteropFixture
{
    // What nobody reads fills the windows and the system's buffers.
    private const int TooMuch = 32 * 1024 * 1024;

    private static readonly HostOptions Impatient =
        new() { Streams = new YamuxOptions { KeepAlive = TimeSpan.FromSeconds(3) } };

    [Test]
    public async Task Js_Stops_EverythingEndsWithAReason_AndADialWorksWhenItGoesOn()
    {
        await using var host = Some.Host(Impatient);
        var down = DownOf(host);
        var stream = await EchoingAsync(host, Js);
        try
        {
            await Js.SignalAsync("STOP");
            var reading = Patience.FaultOfAsync(() => stream.ReadAsync(new byte[1]).AsTask());
            var writing = Patience.FaultOfAsync(() => stream.WriteAsync(new byte[TooMuch]).AsTask());
            var reason = await stream.Connection.Completion.SoonAsync();
            Assert.That((reason.Fault, reason.Message),
                Is.EqualTo((Libp2pFault.TimedOut, "The remote did not answer within 3 s.")));
            Assert.That(await reading, Is.EqualTo(Libp2pFault.TimedOut));
            Assert.That(await writing, Is.EqualTo(Libp2pFault.TimedOut));
            await down.SoonAsync();

            // The system takes connections in its place; that is no peer.
            await using var hasty = Some.Host(new HostOptions { DialTimeout = TimeSpan.FromMilliseconds(500) });
            Assert.That(
                await Patience.FaultOfAsync(() => hasty.ConnectAsync(Js.Peer, [Js.Address], default)),
                Is.EqualTo(Libp2pFault.TimedOut));
        }
        finally
        {
            await Js.SignalAsync("CONT");
        }
        await using var again = await EchoingAsync(host, Js);
        Assert.That(again.Connection, Is.Not.SameAs(stream.Connection));
    }

    [Test]
    public async Task Js_ThatDialled_Stops_OurHandlerIsTold_AndItMayDialAgain()
    {
        await using var host = Some.Host(Impatient);
        var address = host.ListenHere().ToString();
        host.Handle(Echo, async (stream, stop) => await stream.CopyToAsync(stream, stop));
        var (began, goOn, fault) = (Signal.New<Connection>(), Signal.New(), Signal.New<Libp2pFault>());
        host.Handle("/test/taken/1", async (stream, _) =>
        {
            began.SetResult(stream.Connection);
            await goOn.Task;
            fault.SetResult(await Patience.FaultOfAsync(() => stream.ReadToEndAsync()));
        });
        var sending = Js.CallAsync(
            "send", ("address", address), ("protocol", "/test/taken/1"), ("bytes", TooMuch), ("piece", 50_000));
        var connection = await began.Task.SoonAsync();
        try
        {
            await Js.SignalAsync("STOP");
            goOn.SetResult();
            Assert.That((await connection.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.TimedOut));
            Assert.That(await fault.Task.SoonAsync(), Is.EqualTo(Libp2pFault.TimedOut));
            await Patience.UntilAsync(() => host.PlacesTaken == 0, "its place is free");
        }
        finally
        {
            await Js.SignalAsync("CONT");
        }
        Assert.That(async () => await sending, Throws.InvalidOperationException, "js-libp2p is told as well");
        var answer = await Js.CallAsync("echo", ("address", address), ("bytes", 1000), ("piece", 1000));
        Assert.That((string?)answer["sha256"], Is.EqualTo(Some.Sha256(Some.Pattern(1000))));
    }

    [Test]
    public async Task Js_IsKilled_EverythingEndsWithAReason_AndADialWorksWhenItIsBack()
    {
        await using var host = Some.Host();
        var down = DownOf(host);
        var key = Convert.ToHexString(Some.Pattern(32));
        await using var js = await JsPeer.StartAsync("0", key);
        var stream = await EchoingAsync(host, js);
        var reading = Patience.FaultOfAsync(() => stream.ReadAsync(new byte[1]).AsTask());
        var slow = await stream.Connection.OpenStreamAsync("/test/slow/1", default);
        var writing = Patience.FaultOfAsync(() => slow.WriteAsync(new byte[TooMuch]).AsTask());
        await js.KillAsync();
        Assert.That((await stream.Connection.Completion.SoonAsync()).Fault, Is.EqualTo(Libp2pFault.Closed));
        Assert.That(await reading, Is.EqualTo(Libp2pFault.Closed));
        Assert.That(await writing, Is.EqualTo(Libp2pFault.Closed));
        await down.SoonAsync();
        Assert.That(
            await Patience.FaultOfAsync(() => host.ConnectAsync(js.Peer, [js.Address], default)),
            Is.EqualTo(Libp2pFault.Unreachable));

        await using var back = await JsPeer.StartAsync(js.Address.Port.ToString(CultureInfo.InvariantCulture), key);
        Assert.That((back.Peer, back.Address), Is.EqualTo((js.Peer, js.Address)));
        await using var again = await EchoingAsync(host, js);
    }

    private static Task DownOf(Libp2pHost host)
    {
        var down = Signal.New();
        host.PeerChanged = (_, up) =>
        {
            if (!up) down.TrySetResult();
        };
        return down.Task;
    }

    // A stream that was used and is open.
    private static async Task<ProtocolStream> EchoingAsync(Libp2pHost host, JsPeer js)
    {
        var stream = await host.OpenStreamAsync(js.Peer, [js.Address], Echo, default).SoonAsync();
        await stream.WriteAsync(Some.Pattern(1000));
        var echo = new byte[1000];
        await stream.ReadExactlyAsync(echo).SoonAsync();
        Assert.That(echo, Is.EqualTo(Some.Pattern(1000)));
        return stream;
    }
}
