using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>A client whose states and logs are kept.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly Channel<MqttState> _states = Channel.CreateUnbounded<MqttState>();

    public TestClient(MqttClientOptions options, TimeProvider? time = null)
    {
        Mqtt = new MqttClient(
            options, time ?? TimeProvider.System, SeededChance.Printed(), new Logger<MqttClient>(Logs),
            state => _states.Writer.TryWrite(state));
        Mqtt.Start();
    }

    public MqttClient Mqtt { get; }

    public RecordingLogs Logs { get; } = new();

    /// <summary>Options for tests: fast reconnects, and keep-alives that take no part.</summary>
    public static MqttClientOptions Options(int port, string id = "tester") => new()
    {
        Host = "127.0.0.1", Port = port, ClientId = id, FirstRetry = TimeSpan.FromMilliseconds(20),
        MostRetry = TimeSpan.FromMilliseconds(200), KeepAlive = TimeSpan.FromMinutes(5),
    };

    public static async Task<TestClient> ConnectedAsync(MqttClientOptions options, TimeProvider? time = null)
    {
        var client = new TestClient(options, time);
        await client.ReachesAsync(MqttPhase.Connected);
        return client;
    }

    /// <summary>The next state of that phase; those before it are passed over.</summary>
    public async Task<MqttState> ReachesAsync(MqttPhase phase)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        var seen = new StringBuilder();
        try
        {
            while (true)
            {
                var state = await _states.Reader.ReadAsync(limit.Token);
                if (state.Phase == phase) return state;
                seen.AppendLine(state.ToString());
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"never {phase}:\n{seen}");
            throw;
        }
    }

    /// <summary>A subscription that puts what comes into a channel.</summary>
    public async Task<ChannelReader<MqttMessage>> ListenAsync(string filter, MqttQos qos = MqttQos.AtLeastOnce)
    {
        var messages = Channel.CreateUnbounded<MqttMessage>();
        var subscription = await Patience.ForAsync(Mqtt.SubscribeAsync(filter, qos, (message, _) =>
        {
            messages.Writer.TryWrite(message);
            return ValueTask.CompletedTask;
        }));
        Assert.That(subscription.IsGranted, Is.True, subscription.Text);
        return messages.Reader;
    }

    public ValueTask DisposeAsync() => Mqtt.DisposeAsync();
}
