using PluginNode.Identity;

namespace PluginNode.Mqtt.Frames;

/// <summary>The requests that wait for an answer; as many as there are sends under way. Any thread.</summary>
internal sealed class AnswerTable(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Waiting> _waiting = [];

    /// <summary>A request goes out. Needs a <see cref="Close"/>.</summary>
    /// <param name="nonce">Its own.</param>
    /// <param name="peer">Who is asked.</param>
    /// <param name="coming">Is told of bytes that an answer is to have which is on its way; not after the end.</param>
    public Task<Reply> Open(UInt128 nonce, PeerId peer, Action<long> coming)
    {
        var waiting = new Waiting(
            peer, new(TaskCreationOptions.RunContinuationsAsynchronously), coming, time.GetTimestamp());
        lock (_lock) _waiting.Add(nonce, waiting);
        return waiting.Answered.Task;
    }

    /// <summary>Whether that peer's answer to that request is waited for.</summary>
    public bool IsOpen(UInt128 nonce, PeerId peer)
    {
        lock (_lock) return _waiting.TryGetValue(nonce, out var waiting) && waiting.Peer == peer;
    }

    /// <summary>The answer has come, or word of it, and is authentic.</summary>
    public void Answer(UInt128 nonce, Reply reply)
    {
        lock (_lock)
            if (!_waiting.TryGetValue(nonce, out var waiting)) return;
            else if (reply.Coming is { } bytes) waiting.Coming(bytes);
            else waiting.Answered.TrySetResult(reply);
    }

    /// <summary>Answers of a peer, or of all, will not come any more.</summary>
    /// <param name="peer">Whose; null: of all.</param>
    /// <param name="reason">Why.</param>
    /// <param name="age">To requests that have waited for so long at least.</param>
    public void GiveUp(PeerId? peer, string reason, TimeSpan age = default)
    {
        var now = time.GetTimestamp();
        lock (_lock)
            foreach (var waiting in _waiting.Values)
                if ((peer is null || waiting.Peer == peer) && time.GetElapsedTime(waiting.Since, now) >= age)
                    waiting.Answered.TrySetResult(Reply.Failed(reason));
    }

    public void Close(UInt128 nonce)
    {
        lock (_lock) _waiting.Remove(nonce);
    }

    private sealed record Waiting(
        PeerId Peer, TaskCompletionSource<Reply> Answered, Action<long> Coming, long Since);
}
