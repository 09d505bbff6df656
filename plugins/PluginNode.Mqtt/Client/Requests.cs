using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>SUBSCRIBE and UNSUBSCRIBE of one connection, and their answers. Their packet ids are above those of
/// messages. Any thread.</summary>
internal sealed class Requests(Writer writer, int idsOfMessages, SessionTerms terms)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, Request> _open = [];
    private ushort _last = (ushort)idsOfMessages;
    private bool _closed;

    /// <summary>The subscription is told the answer; where the connection ends before, the next asks again.</summary>
    public void Subscribe(MqttSubscription subscription)
    {
        var properties = terms.TakesSubscriptionIds
            ? new Properties().With(PropertyId.SubscriptionId, (uint)subscription.Id) : Properties.None;
        // What was kept is not sent again to a subscription that the broker has kept too.
        var asked = terms.SessionPresent ? subscription.Request with { RetainHandling = 1 } : subscription.Request;
        Send(new Request(subscription.Tell, null), id => new SubscribePacket
        {
            Id = id, Subscriptions = [asked], Properties = properties,
        });
    }

    /// <summary>Completes with the answer, or false where the connection ends before.</summary>
    public Task<bool> UnsubscribeAsync(string filter)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = Send(
            new Request(
                (reason, _) => done.TrySetResult(reason < MqttReason.Unspecified), () => done.TrySetResult(false)),
            id => new UnsubscribePacket { Id = id, Filters = [filter] });
        return sent ? done.Task : Task.FromResult(false);
    }

    public PacketFault? Answered(SubAckPacket answer)
    {
        Request? request;
        lock (_lock)
            if (!_open.Remove(answer.Id, out request))
                return new PacketFault(MqttReason.ProtocolError, $"{answer.Type} for a packet id that was not used");
        if (answer.Reasons.Count > 1)
            return new PacketFault(MqttReason.ProtocolError, $"{answer.Type} for more than was asked");
        var reason = answer.Reasons.Count == 0 ? MqttReason.Success : answer.Reasons[0];
        request.Tell(reason, reason < MqttReason.Unspecified ? "" : ReasonText.With(reason, answer.Properties));
        return null;
    }

    /// <summary>The connection has ended.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var request in _open.Values) request.Lost?.Invoke();
            _open.Clear();
        }
    }

    private bool Send(Request request, Func<ushort, Packet> make)
    {
        lock (_lock)
        {
            if (_closed) return false;
            do _last = _last == ushort.MaxValue ? (ushort)(idsOfMessages + 1) : (ushort)(_last + 1);
            while (_open.ContainsKey(_last));
            _open.Add(_last, request);
            writer.Send(make(_last));
            return true;
        }
    }

    private sealed record Request(Action<MqttReason, string> Tell, Action? Lost);
}
