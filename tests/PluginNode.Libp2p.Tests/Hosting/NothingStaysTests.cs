using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Connections come and go, and leave nothing behind.</summary>
[TestFixture]
internal sealed class NothingStaysTests
{
    private const int Connections = 10_000, AtOnce = 16;

    // What other parts of the process may hold by chance; what each connection left would be hundreds of times as much.
    private const int Stray = 64;

    private readonly CountingTime _time = new();
    private readonly ConcurrentBag<WeakReference> _seen = [];
    private Libp2pHost _server = null!;
    private List<Libp2pHost> _clients = [];
    private Multiaddr _address = null!;

    [SetUp]
    public void SetUp()
    {
        _server = Host();
        _server.Handle("/echo", async (stream, stop) =>
        {
            _seen.Add(new WeakReference(stream.Connection));
            await stream.CopyToAsync(stream, stop);
        });
        _server.Handle("/flood", async (stream, stop) =>
        {
            while (true) await stream.WriteAsync(new byte[10_000], stop);
        });
        _server.Handle("/hang-up", (stream, _) => stream.Connection.CloseAsync());
        _address = _server.ListenHere();
        _clients = [.. Enumerable.Range(0, AtOnce).Select(_ => Host())];
    }

    [TearDown]
    public async Task TearDown()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        await _server.DisposeAsync();
        Assert.That(_time.Timers, Is.Zero);
    }

    [Test]
    public async Task Connections_TenThousandOpenedAndClosed_LeaveNothing()
    {
        await OpenAndCloseAsync(10 * AtOnce); // what is made once and kept
        await Patience.UntilAsync(() => _server.Connections.Count == 0, "the server knows of their end");
        await Patience.UntilAsync(() => Held() == (0, 1, 0, AtOnce + 1), "all is at rest");
        _seen.Clear();
        var sockets = Sockets();
        using var pool = new PoolWatch();

        await OpenAndCloseAsync(Connections);

        await SettledAsync(() => Held(), Is.EqualTo((0, 1, 0, AtOnce + 1)));
        await SettledAsync(Sockets, Is.LessThan(sockets + Stray));
        await SettledAsync(() => pool.Out, Is.LessThan(Stray));
        Assert.That(_seen, Has.Count.GreaterThan(Connections));
        await SettledAsync(Alive, Is.LessThan(Stray));
    }

    private static async Task SettledAsync<T>(Func<T> value, NUnit.Framework.Constraints.IResolveConstraint expected)
    {
        var constraint = expected.Resolve();
        using var patience = new CancellationTokenSource(Patience.Long);
        while (!constraint.ApplyTo(value()).IsSuccess && !patience.IsCancellationRequested) await Task.Yield();
        Assert.That(value(), constraint);
    }

    // Connections in the tables, tasks (the server's listener is one), places at the gate, timers (each host has one).
    private (int Connections, int Tasks, int Places, int Timers) Held()
    {
        List<Libp2pHost> all = [_server, .. _clients];
        return (all.Sum(h => h.Connections.Count), all.Sum(h => h.RunningTasks), all.Sum(h => h.PlacesTaken),
            _time.Timers);
    }

    private int Alive()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return _seen.Count(r => r.IsAlive);
    }

    // Where the system shows them.
    private static int Sockets() => !Directory.Exists("/proc/self/fd") ? 0
        : Directory.EnumerateFiles("/proc/self/fd").Count(
            f => new FileInfo(f).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    private async Task OpenAndCloseAsync(int count)
    {
        var left = count;
        await Task.WhenAll(_clients.Select(client => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) is >= 0 and var number)
                await OneAsync(client, number).WaitAsync(Patience.Long);
        })));
    }

    private async Task OneAsync(Libp2pHost client, int number)
    {
        var connection = await client.ConnectAsync(_server.Self, [_address], default);
        _seen.Add(new WeakReference(connection));
        await EchoAsync(connection);
        switch (number % 4)
        {
            case 0: // with bytes that nobody has read
                var flood = await connection.OpenStreamAsync("/flood", default);
                Assert.That(await flood.ReadAsync(new byte[1]), Is.EqualTo(1));
                break;
            case 1: // with a stream in use that nobody ends
                var echo = await connection.OpenStreamAsync("/echo", default);
                await echo.WriteAsync(new byte[2000]);
                break;
            case 2: // by the other side
                await using (var last = await connection.OpenStreamAsync("/hang-up", default))
                    Assert.That(
                        await Patience.FaultOfAsync(() => last.ReadAsync(new byte[1]).AsTask()),
                        Is.EqualTo(Libp2pFault.Closed));
                break;
        }
        await connection.CloseAsync();
    }

    private static async Task EchoAsync(Connection connection)
    {
        await using var stream = await connection.OpenStreamAsync("/echo", default);
        await stream.WriteAsync(new byte[1000]);
        await stream.CloseWriteAsync();
        Assert.That((await stream.ReadToEndAsync()).Bytes, Is.EqualTo(1000));
    }

    private Libp2pHost Host() =>
        new(TestIdentity.Fresh(), new HostOptions(), _time, NullLogger.Instance);
}
