using System.Net;
using System.Net.Sockets;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Noise;

namespace PluginNode.Libp2p.Hosting;

/// <summary>
/// Reaches a peer by the first of its addresses that leads to it. The next address is tried when one has failed, or
/// beside it when it takes long (RFC 8305, Happy Eyeballs).
/// </summary>
internal sealed class Dialer(Upgrader upgrader, HostOptions options, TimeProvider time)
{
    private const int MostEndpoints = 16;

    internal sealed record Reached(NoiseStream Stream, Multiaddr Address);

    /// <exception cref="Libp2pException">None leads to it; the message says what came of each.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<Reached> DialAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var limit = new CancellationTokenSource(options.DialTimeout, time);
        await using var registration = limit.Token.UnsafeRegister(
            static s => ((CancellationTokenSource)s!).Cancel(), stop);
        var problems = new List<(Multiaddr Address, Exception Error)>();
        var running = new List<(Multiaddr Address, Task<Reached> Task)>();
        var endpoints = new Queue<(Multiaddr Address, IPEndPoint Endpoint)>();
        foreach (var address in addresses)
            await ResolveAsync(peer, address, endpoints, problems, stop.Token);
        Reached? reached = null;
        while (reached is null && (endpoints.Count > 0 || running.Count > 0))
        {
            if (endpoints.TryDequeue(out var next))
                running.Add((next.Address, AttemptAsync(peer, next.Address, next.Endpoint, stop.Token)));
            await AnyAsync(running, endpoints.Count > 0, stop.Token);
            foreach (var attempt in running.FindAll(a => a.Task.IsCompleted))
            {
                running.Remove(attempt);
                if (!attempt.Task.IsCompletedSuccessfully) problems.Add((attempt.Address, Why(attempt.Task)));
                else if (reached is null) reached = await attempt.Task;
                else await Undo(attempt.Task);
            }
        }
        await stop.CancelAsync();
        foreach (var attempt in running) await Undo(attempt.Task);
        if (reached is not null) return reached;
        cancellation.ThrowIfCancellationRequested();
        throw Failed(peer, problems, limit.IsCancellationRequested);
    }

    private static Exception Why(Task task) =>
        task.Exception?.InnerException ?? new OperationCanceledException("It was given up.");

    private static async Task Undo(Task<Reached> attempt)
    {
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully) await (await attempt).Stream.DisposeAsync();
    }

    private async Task AnyAsync(
        List<(Multiaddr Address, Task<Reached> Task)> running, bool more, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task> any = [.. running.Select(a => a.Task)];
        if (more) any.Add(Task.Delay(options.DialStagger, time, over.Token));
        await Task.WhenAny(any);
        await over.CancelAsync();
    }

    private async Task<Reached> AttemptAsync(
        PeerId peer, Multiaddr address, IPEndPoint endpoint, CancellationToken cancellation)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var stream = default(NetworkStream);
        try
        {
            await socket.ConnectAsync(endpoint, cancellation);
            stream = new NetworkStream(socket, ownsSocket: true);
            var (secure, _) = await upgrader.DialAsync(stream, peer, cancellation);
            return new Reached(secure, address);
        }
        catch
        {
            socket.Dispose();
            if (stream is not null) await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task ResolveAsync(
        PeerId peer, Multiaddr address, Queue<(Multiaddr, IPEndPoint)> endpoints, List<(Multiaddr, Exception)> problems,
        CancellationToken cancellation)
    {
        if (address.Peer is { } other && other != peer)
        {
            problems.Add((address, new Libp2pException(Libp2pFault.Authentication, "It is another peer's address.")));
            return;
        }
        try
        {
            IPAddress[] found = address.Kind switch
            {
                HostKind.Ip4 or HostKind.Ip6 => [IPAddress.Parse(address.Host)],
                _ => await Dns.GetHostAddressesAsync(
                    address.Host,
                    address.Kind == HostKind.Dns4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
                    cancellation),
            };
            foreach (var endpoint in found.Select(ip => new IPEndPoint(ip, address.Port)))
                if (endpoints.Count < MostEndpoints && endpoints.All(e => !e.Item2.Equals(endpoint)))
                    endpoints.Enqueue((address, endpoint));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            problems.Add((address, e));
        }
    }

    private Libp2pException Failed(PeerId peer, List<(Multiaddr Address, Exception Error)> problems, bool tooLong)
    {
        var faults = problems.Select(p => (p.Error as Libp2pException)?.Fault ?? Libp2pFault.Unreachable).Distinct();
        var fault = faults.ToList() is [var only] && !tooLong ? only
            : tooLong ? Libp2pFault.TimedOut : Libp2pFault.Unreachable;
        var details = problems.Count == 0
            ? "it has no address, has not connected, nor was it found by mDNS."
            : string.Join(" ", problems.Select(p => $"{p.Address}: {p.Error.Message}"));
        var within = tooLong ? $" within {options.DialTimeout.TotalSeconds:0.#} s" : "";
        return new Libp2pException(fault, $"{peer} could not be reached{within}: {details}");
    }
}
