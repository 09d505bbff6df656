using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Libp2p.Interop;

/// <summary>A js-libp2p peer and a host of ours for each test. The tests of one class share the former.</summary>
internal abstract class JsInteropFixture
{
    protected const string Echo = "/test/echo/1";

    protected JsPeer Js { get; private set; } = null!;

    protected Libp2pHost Host { get; private set; } = null!;

    /// <summary>What js-libp2p dials.</summary>
    protected string Address { get; private set; } = "";

    [OneTimeSetUp]
    public async Task StartJsAsync() => Js = await JsPeer.StartAsync();

    [OneTimeTearDown]
    public async Task StopJsAsync()
    {
        if (Js is not null) await Js.DisposeAsync();
    }

    [SetUp]
    public void StartHost()
    {
        Host = Some.Host();
        Host.Handle(Echo, async (stream, stop) => await stream.CopyToAsync(stream, stop));
        Address = Host.ListenHere().ToString();
    }

    [TearDown]
    public async Task StopHostAsync()
    {
        if (Host is not null) await Host.DisposeAsync();
    }

    protected Task<Connection> ConnectAsync() => Host.ConnectAsync(Js.Peer, [Js.Address], default).SoonAsync();

    protected Task<ProtocolStream> OpenAsync(string protocol) =>
        Host.OpenStreamAsync(Js.Peer, [Js.Address], protocol, default).SoonAsync();
}
