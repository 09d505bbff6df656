using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginNode.Recovery;

namespace PluginNode.Host.Tests;

/// <summary>A node that knows a peer, <c>beta</c>, whose events a strategy can tell it.</summary>
internal sealed class RecoveringNode : IAsyncDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestNode _beta;

    private RecoveringNode(TestNode node, TestNode beta) => (Node, _beta) = (node, beta);

    public TestNode Node { get; }

    public NodeRecovery Recovery => Node.Host.Node.Kernel.Recovery;

    public NodeKernel Beta => _beta.Host.Node.Kernel;

    public static async Task<RecoveringNode> StartAsync(ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        var beta = await TestNode.StartAsync(TestNode.Configuration(""" "node": { "name": "beta" } """));
        var node = new RecoveringNode(await TestNode.StartAsync(loggers: loggers, time: time), beta);
        var key = Convert.ToBase64String(TestPair.IdOf(beta).ToPublicKey());
        var (status, body) = await node.Node.CallAsync(
            HttpMethod.Put, "/v1/peers/beta", $$"""{ "publicKey": "{{key}}", "addresses": ["nowhere:beta"] }""");
        Assert.That((int)status, Is.EqualTo(200), body?.ToJsonString());
        return node;
    }

    /// <summary>Events that beta signs, as JSON.</summary>
    public async Task<List<byte[]>> EventsAsync(int count)
    {
        var events = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            var recorded = await Beta.Events.RecordAsync("door", Encoding.ASCII.GetBytes($"{1000 + i}"));
            Assert.That(recorded.Event, Is.Not.Null, recorded.Problem);
            var json = new ArrayBufferWriter<byte>();
            _beta.Host.Node.Codec.Encode(recorded.Event!, json);
            events.Add(json.WrittenSpan.ToArray());
        }
        return events;
    }

    /// <summary>Lets a strategy be used; the node begins at once.</summary>
    public void Attach(ScriptedStrategy strategy) =>
        Assert.That(Node.Host.Node.Sync.Attach(strategy, "tests"), Is.Null);

    /// <summary>Waits until the state is as wanted.</summary>
    public async Task<RecoveryState> UntilAsync(Func<RecoveryState, bool> wanted)
    {
        for (;;)
        {
            var changed = Recovery.Changed;
            if (Recovery.State is var state && wanted(state)) return state;
            await changed.WaitAsync(Within);
        }
    }

    /// <summary>Waits until it is no longer at work.</summary>
    public Task<RecoveryState> UntilEndAsync() => UntilAsync(s => s.EndedAt is not null && !s.IsUnderWay);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await _beta.DisposeAsync();
    }
}
