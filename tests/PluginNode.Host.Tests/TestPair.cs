using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Host.Tests;

/// <summary>Two nodes that know each other as <c>alpha</c> and <c>beta</c>.</summary>
internal sealed class TestPair : IAsyncDisposable
{
    private readonly Dictionary<PeerId, ITransportHost> _reachable = [];

    private TestPair(TestNode alpha, TestNode beta) => (Alpha, Beta) = (alpha, beta);

    public TestNode Alpha { get; }

    public TestNode Beta { get; }

    public static async Task<TestPair> StartAsync(string? configuration = null, ILoggerFactory? loggers = null)
    {
        var pair = new TestPair(
            await TestNode.StartAsync(configuration, loggers), await TestNode.StartAsync(configuration, loggers));
        var (alpha, beta) = (IdOf(pair.Alpha), IdOf(pair.Beta));
        await IntroduceAsync(pair.Alpha, "beta", beta);
        await IntroduceAsync(pair.Beta, "alpha", alpha);
        pair._reachable[alpha] = pair.Alpha.Host.Node.Kernel.TransportHost;
        pair._reachable[beta] = pair.Beta.Host.Node.Kernel.TransportHost;
        pair.Alpha.Host.Node.Kernel.Attach(new LoopTransport(alpha, pair._reachable));
        pair.Beta.Host.Node.Kernel.Attach(new LoopTransport(beta, pair._reachable));
        return pair;
    }

    public static PeerId IdOf(TestNode node)
    {
        using var identity = NodeIdentity.Load(Path.Combine(node.Folder, "data", "identity.pem"));
        return identity.Self;
    }

    public async ValueTask DisposeAsync()
    {
        await Alpha.DisposeAsync();
        await Beta.DisposeAsync();
    }

    private static async Task IntroduceAsync(TestNode to, string name, PeerId id)
    {
        var (status, body) = await to.CallAsync(HttpMethod.Put, $"/v1/peers/{name}",
            $$"""{ "publicKey": "{{Convert.ToBase64String(id.ToPublicKey())}}", "addresses": ["loop:{{name}}"] }""");
        Assert.That((int)status, Is.EqualTo(200), body?.ToJsonString());
    }
}
