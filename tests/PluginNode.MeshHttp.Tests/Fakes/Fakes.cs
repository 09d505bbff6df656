using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests.Fakes;

internal sealed class PeerList : IPeerDirectory
{
    private readonly ConcurrentDictionary<PeerId, Peer> _peers = new();

    public IReadOnlyList<Peer> All => [.. _peers.Values.OrderBy(p => p.Name, StringComparer.Ordinal)];

    public void Add(PeerId id) => Add(id.ToString(), id);

    public void Add(string name, PeerId id) => _peers[id] = new Peer(name, id, []);

    public void AddToSendOnly(PeerId id) => _peers[id] = new Peer(id.ToString(), id, []) { SendOnly = true };

    public Peer? Find(PeerId id) => _peers.GetValueOrDefault(id);

    public Peer? Find(string name) => _peers.Values.FirstOrDefault(p => p.Name == name);
}

internal sealed class RealChance : IChance
{
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    public double NextDouble() => Random.Shared.NextDouble();

    public Guid NewId() => Guid.CreateVersion7();
}

/// <summary>A wall clock that is off by a settable amount; elapsed time and timers are real.</summary>
internal sealed class OffsetTime : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}

/// <summary>Keeps what it was given, and answers with what the test says.</summary>
internal sealed class RecordingHost : ITransportHost
{
    public ConcurrentQueue<(PeerId From, byte[] Bytes)> Frames { get; } = new();

    public ConcurrentQueue<(PeerId Peer, DateTimeOffset? Time)> HeardFrom { get; } = new();

    /// <summary>Frames of the tests begin with their id.</summary>
    public Func<IReadOnlyList<Guid>, IReadOnlyList<SendOutcome>> Answer { get; set; } =
        ids => [.. ids.Select(id => new SendOutcome(id, SendStatus.Delivered))];

    public Func<CancellationToken, Task> Before { get; set; } = _ => Task.CompletedTask;

    public async Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation)
    {
        await Before(cancellation);
        foreach (var frame in frames) Frames.Enqueue((from, frame.ToArray()));
        return Answer([.. frames.Select(f => new Guid(f.Span[..16], bigEndian: true))]);
    }

    public void Heard(PeerId peer, DateTimeOffset? itsTime) => HeardFrom.Enqueue((peer, itsTime));
}

internal sealed class RecordingLoggers : ILoggerFactory, ILogger
{
    public ConcurrentQueue<(int Id, string Text)> Lines { get; } = new();

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("it records only");

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Lines.Enqueue((eventId.Id, formatter(state, exception)));
    }

    public void Dispose()
    {
        // holds nothing
    }
}
