using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Fakes;

/// <summary>Keeps what a transport hands it, and answers as the law says. Thread-safe.</summary>
public sealed class RecordingHost : ITransportHost, IRawStreamHost, IRequestHost
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<PeerId, bool> _heard = new();
    private readonly List<(int Frames, TaskCompletionSource Came)> _awaited = [];
    private int _calls;

    /// <summary>What arrived, in order.</summary>
    public ConcurrentQueue<(PeerId From, byte[] Bytes)> Frames { get; } = new();

    /// <summary>Raw messages that arrived, in order.</summary>
    public ConcurrentQueue<(PeerId From, string Protocol, byte[] Bytes)> Raw { get; } = new();

    /// <summary>What it says of a raw message. Default: delivered.</summary>
    public SendOutcome RawAnswer { get; set; } = new(Guid.Empty, SendStatus.Delivered);

    /// <summary>Requests that were to be answered, in order.</summary>
    public ConcurrentQueue<(PeerId From, string Protocol, byte[] Body, int Most)> Requests { get; } = new();

    /// <summary>What it says of a request by its head. Default: it is to be answered.</summary>
    public Func<string, long, RequestOutcome?> Judgement { get; set; } = (_, _) => null;

    /// <summary>What it answers to a request's body. Default: the same body.</summary>
    public Func<byte[], RequestOutcome> Reply { get; set; } = body => RequestOutcome.Answer(body);

    /// <summary>How often any member was called.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What it says of the frames with these ids. Default: delivered.</summary>
    public Func<IReadOnlyList<Guid>, IReadOnlyList<SendOutcome>> Answer { get; set; } =
        ids => [.. ids.Select(id => new SendOutcome(id, SendStatus.Delivered))];

    /// <summary>What it waits for before it takes anything; given the transport's cancellation.</summary>
    public Func<CancellationToken, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether something authenticated arrived from that peer.</summary>
    public bool HeardOf(PeerId peer) => _heard.ContainsKey(peer);

    /// <summary>Completes as soon as so many frames have arrived in all.</summary>
    public Task HasAsync(int frames)
    {
        lock (_lock)
        {
            if (Frames.Count >= frames) return Task.CompletedTask;
            var came = Signal.New();
            _awaited.Add((frames, came));
            return came.Task;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(frames);
        Interlocked.Increment(ref _calls);
        await Before(cancellation);
        lock (_lock)
        {
            foreach (var frame in frames) Frames.Enqueue((from, frame.ToArray()));
            foreach (var (_, came) in _awaited.Where(a => a.Frames <= Frames.Count)) came.TrySetResult();
        }
        return Answer([.. frames.Select(f => new Guid(f.Span[..16], bigEndian: true))]);
    }

    /// <inheritdoc/>
    public async Task<SendOutcome> ReceiveRawAsync(
        PeerId from, string protocol, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _calls);
        await Before(cancellation);
        Raw.Enqueue((from, protocol, payload.ToArray()));
        return RawAnswer;
    }

    /// <inheritdoc/>
    public RequestOutcome? Judge(PeerId from, string protocol, long bytes)
    {
        Interlocked.Increment(ref _calls);
        return Judgement(protocol, bytes);
    }

    /// <inheritdoc/>
    public async Task<RequestOutcome> AnswerAsync(
        PeerId from, PeerRequest request, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _calls);
        var body = request.Body.ToArray();
        Requests.Enqueue((from, request.Protocol, body, request.MostAnswerBytes));
        await Before(cancellation);
        return Reply(body);
    }

    /// <inheritdoc/>
    public void Heard(PeerId peer, DateTimeOffset? itsTime)
    {
        Interlocked.Increment(ref _calls);
        _heard[peer] = true;
    }
}

/// <summary>Frames for laws: random bytes that begin with their id.</summary>
public static class SomeFrames
{
    /// <summary>So many frames of so many bytes, at least 16 each.</summary>
    public static Frame[] Of(int count, int bytes)
    {
        var frames = new Frame[count];
        for (var i = 0; i < count; i++)
        {
            var (id, content) = (Guid.CreateVersion7(), new byte[Math.Max(16, bytes)]);
            new Random(i).NextBytes(content);
            id.TryWriteBytes(content, bigEndian: true, out _);
            frames[i] = new Frame(id, content);
        }
        return frames;
    }
}
