using System.Threading.Channels;
using PluginNode.Mqtt.Wire;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Ledger;

/// <summary>
/// Ledger requests as nara makes them. A response says who answers and not to what, and anybody may have written it: so
/// one of a neighbour counts only while that neighbour is asked, and of it only what is about those who were asked
/// for. Any thread.
/// </summary>
/// <param name="name">This node's.</param>
/// <param name="time">For waits.</param>
/// <param name="publish">Publishes requests; null, or why it can't be.</param>
internal sealed class NaraCalls(
    string name, TimeProvider time, Func<MqttMessage, CancellationToken, Task<string?>> publish)
{
    /// <summary>How long a neighbour is silent that has told all; responses have no last one.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of responses that one call takes; what comes beyond them is dropped. A nara tells all it has in
    /// one response, and anybody may write more.</summary>
    public const long MostBytes = 32 << 20;

    private const int MostWaiting = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Asked> _asked = new(StringComparer.Ordinal);

    private bool IsAsking
    {
        get { lock (_lock) return _asked.Count > 0; }
    }

    public async Task<NaraReply> AskAsync(
        string neighbour, IReadOnlyList<string> subjects, TimeSpan limit, CancellationToken cancellation)
    {
        if (!NaraTopics.IsName(neighbour)) return Failed("its name does not fit into a topic");
        var asked = new Asked([.. subjects]);
        lock (_lock)
            if (!_asked.TryAdd(neighbour, asked)) return Failed("it is being asked already");
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var request = new MqttMessage
            {
                Topic = NaraTopics.RequestTo(neighbour), Payload = new NaraLedgerRequest(name, subjects).ToJson(),
            };
            if (await publish(request, either.Token) is { } problem) return Failed(problem);
            return await GatherAsync(asked, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Failed($"no answer within {limit}");
        }
        finally
        {
            lock (_lock) _asked.Remove(neighbour);
        }
    }

    /// <summary>Takes what came on this node's topic; what nobody waits for costs nothing.</summary>
    public ValueTask TakeAsync(MqttMessage message)
    {
        if (message.Retain || !IsAsking || NaraLedgerResponse.Read(message.Payload.Span) is not { } response)
            return ValueTask.CompletedTask;
        Asked? asked;
        lock (_lock) _asked.TryGetValue(response.From, out asked);
        if (asked is null) return ValueTask.CompletedTask;
        List<NaraSocial> wanted =
            [.. response.Events.Where(e => asked.Subjects.Contains(e.Actor) || asked.Subjects.Contains(e.Target))];
        // what is about others answers an earlier request, or none
        if ((wanted.Count > 0 || response.Events.Count == 0) && asked.TakesMore(message.Payload.Length))
            asked.Responses.Writer.TryWrite((wanted, message.Payload.Length));
        return ValueTask.CompletedTask;
    }

    private async Task<NaraReply> GatherAsync(Asked asked, CancellationToken cancellation)
    {
        var reader = asked.Responses.Reader;
        var events = new List<NaraSocial>();
        var (first, bytes) = await reader.ReadAsync(cancellation);
        events.AddRange(first);
        while (events.Count < MemoryProfile.LegacyEvents)
        {
            using var quiet = new CancellationTokenSource(Quiet, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, quiet.Token);
            try
            {
                var (more, length) = await reader.ReadAsync(either.Token);
                events.AddRange(more);
                bytes += length;
            }
            catch (OperationCanceledException)
            {
                break; // silent, or its time is over: what came is here
            }
        }
        return new NaraReply(events, bytes, null);
    }

    private static NaraReply Failed(string reason) => new([], 0, reason);

    private sealed class Asked(HashSet<string> subjects)
    {
        private long _bytes;

        public HashSet<string> Subjects { get; } = subjects;

        // the first one always; only one handler calls it
        public bool TakesMore(int bytes)
        {
            if (_bytes >= MostBytes) return false;
            _bytes += bytes;
            return true;
        }

        // what comes faster than it is gathered is dropped: nobody signed it anyway
        public Channel<(List<NaraSocial> Events, long Bytes)> Responses { get; } =
            Channel.CreateBounded<(List<NaraSocial>, long)>(
                new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    }
}
