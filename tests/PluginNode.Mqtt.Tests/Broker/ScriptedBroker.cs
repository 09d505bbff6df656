using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>A broker that a test plays itself, packet by packet.</summary>
internal sealed class ScriptedBroker : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ScriptedBroker() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public bool HasCaller => _listener.Pending();

    /// <summary>The next connection, up to its CONNECT.</summary>
    public async Task<(BrokerEnd End, ConnectPacket Connect)> AcceptAsync()
    {
        var end = new BrokerEnd(await Patience.ForAsync(_listener.AcceptSocketAsync()));
        // A read may find more than CONNECT only behind the answer to it.
        var connect = await end.ReadAsync<ConnectPacket>();
        end.Version = connect.Version;
        return (end, connect);
    }

    /// <summary>The next connection, taken.</summary>
    public async Task<BrokerEnd> TakeAsync(bool sessionPresent = false, Properties? properties = null)
    {
        var (end, _) = await AcceptAsync();
        await end.SendAsync(new ConnAckPacket
        {
            SessionPresent = sessionPresent, Properties = properties ?? Properties.None,
        });
        return end;
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>The broker's end of one connection.</summary>
internal sealed class BrokerEnd(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private PipeReader? _reader;

    public MqttVersion Version { get; set; } = MqttVersion.V5;

    public Task SendAsync(params Packet[] packets) => SendInPiecesAsync(int.MaxValue, packets);

    /// <summary>Sends them with writes of at most so many bytes, wherever these cut them.</summary>
    public async Task SendInPiecesAsync(int bytesAWrite, params Packet[] packets)
    {
        using var buffer = new PacketBuffer();
        foreach (var packet in packets) PacketEncoder.Write(buffer, packet, Version);
        for (var rest = buffer.Written; !rest.IsEmpty; rest = rest[Math.Min(bytesAWrite, rest.Length)..])
            await _stream.WriteAsync(rest[..Math.Min(bytesAWrite, rest.Length)]);
    }

    /// <summary>Grants the subscription that is asked for next, with QoS 1.</summary>
    public async Task<SubscribePacket> GrantAsync()
    {
        var subscribe = await ReadAsync<SubscribePacket>();
        await SendAsync(new SubAckPacket(PacketType.SubAck) { Id = subscribe.Id, Reasons = [MqttReason.GrantedQos1] });
        return subscribe;
    }

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>The next packet, which must be of that type.</summary>
    public async Task<T> ReadAsync<T>()
        where T : Packet
    {
        var packet = await Patience.ForAsync(ReadAsync());
        Assert.That(packet, Is.InstanceOf<T>());
        return (T)packet!;
    }

    /// <summary>The next packet; null: the client has closed.</summary>
    public async Task<Packet?> ReadAsync()
    {
        _reader ??= PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await _reader.ReadAsync();
            var bytes = read.Buffer;
            if (PacketFraming.TryCut(ref bytes, int.MaxValue, out var raw, out _))
            {
                var packet = PacketDecoder.Decode(raw, Version, out var fault);
                Assert.That(fault, Is.Null);
                _reader.AdvanceTo(bytes.Start);
                return packet;
            }
            if (read.IsCompleted) return null;
            _reader.AdvanceTo(bytes.Start, bytes.End);
        }
    }

    /// <summary>How many bytes one read of the socket has.</summary>
    public async Task<int> ReadBytesAsync() => await _stream.ReadAsync(new byte[1 << 20]);

    public void Dispose() => _stream.Dispose();
}
