using System.Threading.Channels;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Fakes;

/// <summary>Two sessions that speak with each other in memory.</summary>
internal sealed class SessionPair : IAsyncDisposable
{
    private readonly Channel<YamuxStream> _accepted = Channel.CreateUnbounded<YamuxStream>();

    public required YamuxSession Client { get; init; }

    public YamuxSession Server { get; private set; } = null!;

    public static SessionPair Start(
        YamuxOptions? client = null, YamuxOptions? server = null, TimeProvider? time = null)
    {
        var (a, b) = MemoryDuplex.Pair();
        time ??= TimeProvider.System;
        var pair = new SessionPair
        {
            Client = new YamuxSession(
                a, client: true, client ?? new YamuxOptions(), time, s => s.Reset("Nothing is taken here.")),
        };
        pair.Server = new YamuxSession(
            b, client: false, server ?? new YamuxOptions(), time, s => pair._accepted.Writer.TryWrite(s));
        pair.Client.Start();
        pair.Server.Start();
        return pair;
    }

    /// <summary>The next stream that the client opened.</summary>
    public Task<YamuxStream> AcceptedAsync() => _accepted.Reader.ReadAsync().SoonAsync();

    public async ValueTask DisposeAsync()
    {
        await Client.CloseAsync().SoonAsync();
        await Server.CloseAsync().SoonAsync();
    }
}
