using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Fakes;

/// <summary>What becomes of a parcel on its way: a request with frames, or the answer to one.</summary>
public interface ILink
{
    /// <summary>Called once for each parcel, from any thread. One entry for each copy that arrives, saying after how
    /// long; none where it is lost.</summary>
    IReadOnlyList<TimeSpan> Carry(PeerId from, PeerId to);
}

/// <summary>The wire between <see cref="MemoryTransport"/>s, which reach each other at <c>memory:&lt;peer id&gt;</c>.
/// Without a link everything arrives at once, in the sender's thread.</summary>
/// <param name="link">What becomes of each parcel. Default: it arrives, once and at once.</param>
/// <param name="time">The clock of delays and time limits. Default: the system's.</param>
public sealed class MemoryNetwork(ILink? link = null, TimeProvider? time = null)
{
    private static readonly IReadOnlyList<TimeSpan> AtOnce = [TimeSpan.Zero];

    private readonly ConcurrentDictionary<string, MemoryTransport> _ends = new(StringComparer.Ordinal);

    /// <summary>The clock of delays and time limits.</summary>
    public TimeProvider Time { get; } = time ?? TimeProvider.System;

    /// <summary>How long a sender waits for an answer before it says <i>retry</i>. Default: 10 seconds.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest frame, in bytes. Default: 1 MiB.</summary>
    public int MaxFrameBytes { get; init; } = 1 << 20;

    /// <summary>How much a request moves. Default: 64 KiB there, 256 KiB back.</summary>
    public RequestBounds RequestBounds { get; init; } = new(64 << 10, 256 << 10);

    /// <summary>Where the peer with that id listens.</summary>
    public static PeerAddress AddressOf(PeerId peer) => new(MemoryTransport.SchemeName, $"memory:{peer}");

    /// <summary>A new end of the wire, not started.</summary>
    /// <param name="self">Who it is.</param>
    /// <param name="peers">Whom it takes frames from.</param>
    public MemoryTransport Create(PeerId self, IPeerDirectory peers) => new(this, self, peers);

    internal bool Join(MemoryTransport end) => _ends.TryAdd(AddressOf(end.Self).Text, end);

    internal void Leave(MemoryTransport end) => _ends.TryRemove(new(AddressOf(end.Self).Text, end));

    internal MemoryTransport? At(PeerAddress address) => _ends.GetValueOrDefault(address.Text);

    /// <summary>Does on arrival what is to be done, as often as copies arrive. It must not throw.</summary>
    internal void Carry(PeerId from, PeerId to, Func<Task> arrive)
    {
        foreach (var delay in link?.Carry(from, to) ?? AtOnce) _ = AfterAsync(delay, arrive);
    }

    private async Task AfterAsync(TimeSpan delay, Func<Task> arrive)
    {
        if (delay > TimeSpan.Zero) await Task.Delay(delay, Time);
        await arrive();
    }
}
