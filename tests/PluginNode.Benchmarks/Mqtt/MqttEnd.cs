using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Mqtt;
using PluginNode.Identity;

namespace PluginNode.Benchmarks.Mqtt;

/// <summary>Our client in a process of its own: publishes, receives, asks or answers, as standard input
/// says.</summary>
internal sealed class MqttEnd
{
    // publishes that wait for their acknowledgement beside those in flight: the client always has some to send
    private const int Ahead = 1024;

    private readonly MqttClient _client;
    private readonly string _id;
    private MqttSubscription? _listening;
    private TaskCompletionSource _all = new();
    private int _left;

    private MqttEnd(int port, string id) => (_id, _client) = (id, new MqttClient(
        new MqttClientOptions
        {
            Host = "127.0.0.1", Port = port, ClientId = id, Protocol = MqttProtocol.V5,
            MaxInFlight = BenchBroker.InFlight, ReceiveMaximum = BenchBroker.InFlight,
            // mosquitto_sub has no limit either
            MaxWaitingMessages = int.MaxValue, MaxWaitingBytes = long.MaxValue,
        },
        TimeProvider.System, new SystemChance(TimeProvider.System), NullLogger<MqttClient>.Instance));

    public static async Task<int> RunAsync(string port, string id)
    {
        var end = new MqttEnd(int.Parse(port, CultureInfo.InvariantCulture), id);
        await using (end._client)
        {
            end._client.Start();
            return await BenchEnd.ServeAsync(end.DoAsync);
        }
    }

    private async Task<EndAnswer> DoAsync(EndCall call)
    {
        switch (call.Do)
        {
            case "listen": await _client.WhenConnectedAsync(); break;
            case "usage": return BenchEnd.Usage();
            case "subscribe": await SubscribeAsync(call); break;
            case "received": await ReceivedAsync(); break;
            case "publish": await PublishAsync(call); break;
            case "answer": await AnswerAsync(call); break;
            case "trips": return await TripsAsync(call);
            default: throw new ArgumentException($"there is no command {call.Do}", nameof(call));
        }
        return new EndAnswer();
    }

    private async Task SubscribeAsync(EndCall call)
    {
        (_left, _all) = (call.Count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await ListenAsync(call, message =>
        {
            if (message.Payload.Length != call.Bytes) _all.TrySetException(new InvalidDataException(message.Topic));
            if (Interlocked.Decrement(ref _left) == 0) _all.TrySetResult();
            return ValueTask.CompletedTask;
        });
    }

    private async Task ReceivedAsync()
    {
        await _all.Task;
        await _listening!.DisposeAsync();
    }

    private async Task PublishAsync(EndCall call)
    {
        var message = new MqttMessage { Topic = call.Topic, Payload = Payload(call), Qos = (MqttQos)call.Qos };
        var waiting = new Queue<Task<MqttPublishResult>>(Ahead);
        for (var i = 0; i < call.Count; i++)
        {
            var publishing = _client.PublishAsync(message);
            if (publishing.IsCompleted) Taken(await publishing);
            else waiting.Enqueue(publishing.AsTask());
            if (waiting.Count == Ahead) Taken(await waiting.Dequeue());
        }
        foreach (var publishing in waiting) Taken(await publishing);
    }

    /// <summary>Answers requests until the next call of that kind.</summary>
    private async Task AnswerAsync(EndCall call)
    {
        if (_listening is not null) await _listening.DisposeAsync();
        await ListenAsync(call, async request => Taken(await _client.PublishAsync(new MqttMessage
        {
            Topic = request.ResponseTopic!, CorrelationData = request.CorrelationData, Payload = request.Payload,
            Qos = request.Qos,
        })));
    }

    private async Task<EndAnswer> TripsAsync(EndCall call)
    {
        var (answers, number) = ($"{call.Topic}/{_id}", new byte[sizeof(int)]);
        var answered = new TaskCompletionSource();
        await ListenAsync(call with { Topic = answers }, answer =>
        {
            if (answer.CorrelationData is { } data && data.Span.SequenceEqual(number)) answered.TrySetResult();
            return ValueTask.CompletedTask;
        });
        var request = new MqttMessage
        {
            Topic = call.Topic, Payload = Payload(call), Qos = (MqttQos)call.Qos, ResponseTopic = answers,
            CorrelationData = number,
        };
        var trips = new long[call.Count];
        for (var i = 0; i < trips.Length; i++)
        {
            answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            BitConverter.TryWriteBytes(number, i);
            var begun = Stopwatch.GetTimestamp();
            var publishing = _client.PublishAsync(request);
            await answered.Task;
            trips[i] = Stopwatch.GetTimestamp() - begun;
            Taken(await publishing);
        }
        await _listening!.DisposeAsync();
        return Trips.Of(trips);
    }

    private async Task ListenAsync(EndCall call, Func<MqttMessage, ValueTask> take)
    {
        _listening = await _client.SubscribeAsync(call.Topic, (MqttQos)call.Qos, (message, _) => take(message));
        if (!_listening.IsGranted) throw new InvalidOperationException(_listening.Text);
    }

    private static byte[] Payload(EndCall call)
    {
        var payload = new byte[call.Bytes];
        Random.Shared.NextBytes(payload);
        return payload;
    }

    private static void Taken(MqttPublishResult result)
    {
        if (!result.IsTaken) throw new InvalidOperationException(result.Text);
    }
}
