using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Fakes;

/// <summary>One answer of a <see cref="ScriptedPeer"/> to frames with these ids.</summary>
public delegate Task<IReadOnlyList<SendOutcome>> ScriptedAnswer(
    IReadOnlyList<Guid> ids, CancellationToken cancellation);

/// <summary>The answers that scripts are made of.</summary>
public static class Answers
{
    /// <summary>The same of every frame.</summary>
    public static ScriptedAnswer All(SendStatus status, string? reason = null, TimeSpan? retryAfter = null) =>
        (ids, _) => Task.FromResult<IReadOnlyList<SendOutcome>>(
            [.. ids.Select(id => new SendOutcome(id, status, reason, retryAfter))]);

    /// <summary>One status for each frame, in order, and nothing of further ones.</summary>
    public static ScriptedAnswer Each(params SendStatus[] statuses) =>
        (ids, _) => Task.FromResult<IReadOnlyList<SendOutcome>>(
            [.. ids.Zip(statuses, (id, status) => new SendOutcome(id, status))]);

    /// <summary>Nothing of any frame.</summary>
    public static ScriptedAnswer Nothing() => Each();

    /// <summary>That frames were delivered which nobody sent, as many as were sent, and one without an id.</summary>
    public static ScriptedAnswer Garbage() =>
        (ids, cancellation) => All(SendStatus.Delivered)([.. ids.Select(Another), Guid.Empty], cancellation);

    /// <summary>An exception, as no peer should have it.</summary>
    public static ScriptedAnswer Throws(Exception exception) =>
        (_, _) => Task.FromException<IReadOnlyList<SendOutcome>>(exception);

    /// <summary>Silence until it is cancelled, and then an answer without outcomes.</summary>
    public static ScriptedAnswer Hangs() => async (_, cancellation) =>
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = cancellation.UnsafeRegister(_ => cancelled.TrySetResult(), null);
        await cancelled.Task;
        return [];
    };

    /// <summary>Silence until the test says so, then the other answer.</summary>
    public static ScriptedAnswer After(Task go, ScriptedAnswer then) => async (ids, cancellation) =>
    {
        await go.WaitAsync(cancellation);
        return await then(ids, cancellation);
    };

    private static Guid Another(Guid id) => new([.. id.ToByteArray().Select(b => (byte)~b)]);
}

/// <summary>
/// The other end of a conversation that a test has written: each call takes the next answer, and the last one goes on
/// for ever; without a script everything is delivered. A kernel sees it as a transport, a transport as its host. It
/// records what it was given. Thread-safe.
/// </summary>
/// <param name="script">The answers, in order.</param>
public sealed class ScriptedPeer(params ScriptedAnswer[] script) : ITransport, ITransportHost
{
    private int _next;

    /// <inheritdoc/>
    public string Scheme { get; init; } = "scripted";

    /// <inheritdoc/>
    public int MaxFrameBytes { get; init; } = 1 << 20;

    /// <summary>How the id of a frame is found that arrives. Default: its first 16 bytes.</summary>
    public Func<ReadOnlyMemory<byte>, Guid> IdOf { get; init; } = frame => new Guid(frame.Span[..16], bigEndian: true);

    /// <summary>What it was given, call by call: whom it was for, or who sent it, and copies of the frames.</summary>
    public ConcurrentQueue<(PeerId Peer, IReadOnlyList<Frame> Frames)> Calls { get; } = new();

    /// <summary>Of whom it was told that they were heard.</summary>
    public ConcurrentQueue<(PeerId Peer, DateTimeOffset? Time)> HeardOf { get; } = new();

    /// <summary>The host that it was started with, for what arrives there; null unless it runs.</summary>
    public ITransportHost? Host { get; private set; }

    /// <inheritdoc/>
    public Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        Host = host;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellation)
    {
        Host = null;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        AnswerAsync(peer, [.. frames.Select(f => f with { Bytes = f.Bytes.ToArray() })], cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation) =>
        AnswerAsync(from, [.. frames.Select(f => new Frame(IdOf(f), f.ToArray()))], cancellation);

    /// <inheritdoc/>
    public void Heard(PeerId peer, DateTimeOffset? itsTime) => HeardOf.Enqueue((peer, itsTime));

    private Task<IReadOnlyList<SendOutcome>> AnswerAsync(
        PeerId peer, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        Calls.Enqueue((peer, frames));
        var at = Interlocked.Increment(ref _next) - 1;
        var answer = script.Length == 0 ? Answers.All(SendStatus.Delivered) : script[Math.Min(at, script.Length - 1)];
        return answer([.. frames.Select(f => f.Id)], cancellation);
    }
}
