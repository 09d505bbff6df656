using PluginNode.Mqtt.Client;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt;

/// <summary>A subscription: restored after each reconnect until it is disposed of. Any thread.</summary>
public sealed class MqttSubscription : IAsyncDisposable
{
    private readonly MqttClient _client;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Answer _answer = new(MqttReason.Unspecified, "the broker has not answered");

    internal MqttSubscription(MqttClient client, Subscription request, int id, HandlerLoop loop)
    {
        _client = client;
        Request = request;
        Id = id;
        Loop = loop;
        Running = Task.Run(loop.RunAsync);
    }

    private sealed record Answer(MqttReason Reason, string Text);

    /// <summary>The topic filter.</summary>
    public string Filter => Request.Filter;

    /// <summary>The broker's last answer; from <see cref="MqttReason.Unspecified"/> on it is a refusal, and it is asked
    /// again with the next connection.</summary>
    public MqttReason Reason => _answer.Reason;

    /// <summary>The same for people, one line; empty where it was granted.</summary>
    public string Text => _answer.Text;

    /// <summary>Whether the broker granted it, with whatever QoS.</summary>
    public bool IsGranted => Reason < MqttReason.Unspecified;

    /// <summary>Messages of QoS 0 that were dropped because the handler was too slow.</summary>
    public long Dropped => Loop.Dropped;

    /// <summary>Messages that the handler failed on, or came while it was stuck. They are not sent again.</summary>
    public long Failed => Loop.Failed;

    internal Subscription Request { get; }

    internal int Id { get; }

    internal HandlerLoop Loop { get; }

    internal Task Running { get; }

    internal Task Answered => _answered.Task;

    internal void Tell(MqttReason reason, string text)
    {
        _answer = new Answer(reason, text);
        _answered.TrySetResult();
    }

    /// <summary>
    /// Unsubscribes: no further call of the handler is begun, and one under way has its token cancelled. Waits for the
    /// broker's answer while there is a connection, and for the handler; not to be called by the handler itself.
    /// </summary>
    public ValueTask DisposeAsync() => _client.WithdrawAsync(this);
}
