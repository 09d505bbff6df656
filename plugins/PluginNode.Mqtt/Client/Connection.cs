using System.Buffers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>What the connections of one client share.</summary>
internal sealed record Shared(
    MqttClientOptions Options, OutboundQueue Queue, InFlightWindow Window, SubscriptionTable Subscriptions,
    TimeProvider Time, ILogger Logger);

/// <summary>
/// One connection, from CONNACK on: a loop that reads, one that writes, and one that looks after the keep-alive. The
/// first that ends ends all. What the broker sends is answered by the reading loop through <see cref="Writer"/> and
/// never waits for a handler.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    // What the last packet, or what still waits, may take when it ends.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly Link _link;
    private readonly Shared _shared;
    private readonly Writer _writer;
    private readonly AckOrder _acks;
    private readonly Requests _requests;
    private readonly KeepAlive _keepAlive;
    private readonly Oversized _oversized;
    private readonly List<MqttSubscription> _matches = [];
    private readonly TaskCompletionSource<ConnectionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasPassedOver;

    public Connection(Link link, Shared shared)
    {
        _link = link;
        _shared = shared;
        _writer = new Writer(link, shared);
        _acks = new AckOrder(Acknowledge);
        _oversized = new Oversized(PassedOver);
        _requests = new Requests(_writer, shared.Options.MaxInFlight, link.Terms);
        _keepAlive = new KeepAlive(link.Terms.KeepAlive, shared.Time, _writer);
    }

    public SessionTerms Terms => _link.Terms;

    public Requests Requests => _requests;

    /// <summary>There is something in the queue.</summary>
    public void Wake() => _writer.Wake();

    /// <summary>Runs until it ends. When told to stop, what waits is written first, for a second at most.</summary>
    public async Task<ConnectionEnd> RunAsync(CancellationToken stop)
    {
        var window = Math.Min(Terms.ReceiveMaximum, _shared.Options.MaxInFlight);
        foreach (var item in _shared.Window.BeginConnection(window, Terms.SessionPresent)) _shared.Queue.Release(item);
        using var over = new CancellationTokenSource();
        using var cut = new CancellationTokenSource();
        var writing = GuardAsync(_writer.RunAsync(cut.Token), over.Token);
        var reading = GuardAsync(ReadAsync(over.Token), over.Token);
        var beating = GuardAsync(BeatAsync(over.Token), over.Token);
        ConnectionEnd end;
        await using (stop.Register(() => End(new ConnectionEnd(MqttReason.Success, "stopped"))))
            end = await _end.Task;

        await over.CancelAsync();
        var last = LastPacket(end);
        _writer.Finish(last, flush: stop.IsCancellationRequested && last is not null);
        if (last is null) await cut.CancelAsync();
        else cut.CancelAfter(Farewell);
        await writing;
        await _link.Stream.DisposeAsync();
        await Task.WhenAll(reading, beating);
        _requests.Close();
        return end;
    }

    public async ValueTask DisposeAsync()
    {
        await _link.Stream.DisposeAsync();
        _writer.Dispose();
    }

    private void End(ConnectionEnd end) => _end.TrySetResult(end);

    // 3.1.1 knows DISCONNECT without a reason only, and it keeps the will from being published (3.1.1 §3.14.4).
    private DisconnectPacket? LastPacket(ConnectionEnd end) =>
        end.IsFromBroker || (Terms.Version == MqttVersion.V311 && end.Reason != MqttReason.Success) ? null
        : new DisconnectPacket { Reason = ReasonText.MayTell(end.Reason) };

    private async Task GuardAsync(Task loop, CancellationToken over)
    {
        try
        {
            await loop;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested) // the writer's is cut after that
        {
            // the connection has ended
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            End(ConnectionEnd.Lost($"the connection broke: {e.Message}"));
        }
        catch (Exception e)
        {
            LogMessages.Broke(_shared.Logger, $"{e.GetType().Name}: {e.Message}");
            End(ConnectionEnd.Lost($"{e.GetType().Name}: {e.Message}"));
        }
    }

    private async Task BeatAsync(CancellationToken over)
    {
        if (await _keepAlive.RunAsync(over) is { } end) End(end);
    }

    private async Task ReadAsync(CancellationToken over)
    {
        while (true)
        {
            var read = await _link.Reader.ReadAsync(over);
            _keepAlive.Heard();
            var bytes = read.Buffer;
            PacketFault? fault;
            while (TryCut(ref bytes, out var raw, out fault))
            {
                var packet = PacketDecoder.Decode(raw, Terms.Version, out fault);
                if (packet is null) break;
                if (packet is PublishPacket { Qos: 1 }) await RoomAsync(over);
                fault = Take(packet);
                if (fault is not null || _end.Task.IsCompleted) break;
            }
            if (fault is { } wrong)
            {
                End(ConnectionEnd.Of(wrong));
                return;
            }
            if (_end.Task.IsCompleted) return;
            _link.Reader.AdvanceTo(bytes.Start, bytes.End);
            if (read.IsCompleted)
            {
                End(ConnectionEnd.Lost(
                    "the broker closed the connection; if this goes on, see whether another client has the same "
                    + "client id"));
                return;
            }
        }
    }

    private bool TryCut(ref ReadOnlySequence<byte> bytes, out RawPacket raw, out PacketFault? fault)
    {
        (raw, fault) = (default, null);
        while (_oversized.Pass(ref bytes))
        {
            if (PacketFraming.TryCut(ref bytes, _shared.Options.MaximumPacketBytes, out raw, out fault)) return true;
            var isTold = Terms.Version == MqttVersion.V5; // what is taken, so that no broker sends more
            if (isTold || fault is not { Reason: MqttReason.PacketTooLarge }
                || !_oversized.TryBegin(ref bytes, ref fault)) return false;
        }
        return false;
    }

    // Acknowledged: no broker would have another use for it.
    private void PassedOver(int bytes, ushort? id)
    {
        if (!_hasPassedOver) LogMessages.PassedOver(_shared.Logger, bytes, _shared.Options.MaximumPacketBytes);
        _hasPassedOver = true;
        if (id is { } qos1) _acks.Add(qos1, handlers: 0);
    }

    // Reading pauses. 3.1.1 cannot tell the broker how many it may send, and one of 5.0 may send more all the same:
    // mosquitto 2.0.11 does, of what it took up from its disk, and up to four for each acknowledgement. To end the
    // connection for it (5.0 §3.3.4) would only have it do so again. A broker is not silent meanwhile.
    private async ValueTask RoomAsync(CancellationToken over)
    {
        if (_acks.Count < _shared.Options.ReceiveMaximum) return;
        _keepAlive.Pause(true);
        await _acks.WaitForRoomAsync(_shared.Options.ReceiveMaximum, over);
        _keepAlive.Pause(false);
    }

    private PacketFault? Take(Packet packet)
    {
        switch (packet)
        {
            case PublishPacket publish:
                Deliver(publish);
                return null;
            case PubAckPacket ack:
                if (_shared.Window.Remove(ack.Id) is { } item)
                {
                    _shared.Queue.Release(item);
                    var text = ack.Reason < MqttReason.Unspecified ? "" : ReasonText.With(ack.Reason, ack.Properties);
                    item.Done!.TrySetResult(new MqttPublishResult(ack.Reason, text));
                    _writer.Wake();
                }
                return null;
            case SubAckPacket answer: return _requests.Answered(answer);
            case PingPacket ping when ping == PingPacket.Response: return null;
            case DisconnectPacket told when Terms.Version == MqttVersion.V5:
                End(ConnectionEnd.Told(told));
                return null;
            default: return new PacketFault(MqttReason.ProtocolError, $"{packet.Type} is not for a client");
        }
    }

    private void Deliver(PublishPacket packet)
    {
        _shared.Subscriptions.Match(packet, _matches);
        var ticket = packet.Qos == 1 ? _acks.Add(packet.Id, _matches.Count) : null;
        if (_matches.Count == 0) return;
        var message = MessageParts.ToMessage(packet);
        foreach (var subscription in _matches) subscription.Loop.Offer(new Delivery(message, ticket));
    }

    // 3.1.1 has no way to refuse.
    private void Acknowledge(ushort id, MqttReason reason) => _writer.Send(
        new PubAckPacket { Id = id, Reason = Terms.Version == MqttVersion.V5 ? reason : MqttReason.Success });
}
