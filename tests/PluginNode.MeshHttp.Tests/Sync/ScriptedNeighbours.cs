using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>Neighbours without a network between: each has a ledger, and answers as its kind of peer does, unless the
/// test says otherwise.</summary>
internal sealed class ScriptedNeighbours : INeighbourCalls
{
    private readonly Dictionary<PeerId, ScriptedNeighbour> _all = [];
    private readonly Lock _lock = new();

    public ConcurrentQueue<(string Name, SyncRequest Request)> Asked { get; } = new();

    public ConcurrentQueue<string> AskedDays { get; } = new();

    public ConcurrentQueue<string> AskedAddresses { get; } = new();

    public int UnderWay { get; private set; }

    public int MostUnderWay { get; private set; }

    public ScriptedNeighbour Add(string name, bool isPluginNode = true)
    {
        var neighbour = new ScriptedNeighbour(name, PeerId.FromPublicKey(RandomNumberGenerator.GetBytes(32)))
        {
            IsPluginNode = isPluginNode,
        };
        _all.Add(neighbour.Id, neighbour);
        return neighbour;
    }

    /// <summary>All of them, with what was read before.</summary>
    public IReadOnlyList<Neighbour> Plan(long since = 0) => [.. _all.Values.Select(n => n.ToNeighbour(since))];

    public IReadOnlyList<PeerAddress> AddressesOf(Neighbour neighbour) =>
        [.. neighbour.Addresses.Where(a => a.Scheme == MeshWire.Scheme)];

    public async Task<SyncReply> AskAsync(
        SyncNeighbour to, SyncRequest request, TimeSpan? callTime, CancellationToken cancellation)
    {
        Asked.Enqueue((to.Name, request));
        var neighbour = _all[to.Key];
        return await WatchedAsync(to, async () =>
        {
            await neighbour.Before(request, cancellation);
            return neighbour.Answer(request) ?? neighbour.Truth(request);
        });
    }

    public async Task<DaysReply> DaysAsync(SyncNeighbour to, CancellationToken cancellation)
    {
        AskedDays.Enqueue(to.Name);
        var neighbour = _all[to.Key];
        DaysReply? days = null;
        var reply = await WatchedAsync(to, async () =>
        {
            await neighbour.BeforeDays(cancellation);
            days = neighbour.AnswerDays() ?? neighbour.TrueDays();
            return days.Reply;
        });
        return days ?? new DaysReply(reply, []);
    }

    private async Task<SyncReply> WatchedAsync(SyncNeighbour to, Func<Task<SyncReply>> answer)
    {
        AskedAddresses.Enqueue(to.Address.Text);
        lock (_lock) MostUnderWay = Math.Max(MostUnderWay, ++UnderWay);
        try
        {
            // each call ends some time after it began
            await Task.Yield();
            return _all[to.Key].DeadAddresses.Contains(to.Address.Text)
                ? SyncReply.Failed(AskOutcome.Unreachable, "nobody listens there")
                : await answer();
        }
        finally
        {
            lock (_lock) UnderWay--;
        }
    }
}

/// <summary>One of them.</summary>
internal sealed class ScriptedNeighbour(string name, PeerId id)
{
    public PeerId Id => id;

    public MemoryLedger Ledger { get; } = new();

    /// <summary>Else a nara peer, without days and with bare cursors.</summary>
    public bool IsPluginNode { get; init; }

    /// <summary>Knows no modes: it gives its newest.</summary>
    public bool IsOlder { get; init; }

    public List<string> Addresses { get; } = [$"mesh+http://{name}:1"];

    public HashSet<string> DeadAddresses { get; } = new(StringComparer.Ordinal);

    public Func<SyncRequest, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public Func<CancellationToken, Task> BeforeDays { get; set; } = _ => Task.CompletedTask;

    /// <summary>What it answers instead; null: the truth.</summary>
    public Func<SyncRequest, SyncReply?> Answer { get; set; } = _ => null;

    public Func<DaysReply?> AnswerDays { get; set; } = () => null;

    public Neighbour ToNeighbour(long since) => new(name, id, [.. Addresses.Select(TestNode.Parse)]) { Since = since };

    public static SyncReply Of(IReadOnlyList<JsonNode> events, LedgerCursor? next = null) => new(AskOutcome.Answered)
    {
        Events = [.. events.Select(e => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(e.ToJsonString()))],
        Marks = [.. events.Where(e => e["id"] is not null).Select(e => new EventMark(
            EventId.TryParse((string)e["id"]!, out var id) ? id : default, (long)e["ts"]!))],
        Next = next, Bytes = events.Count * 100L,
    };

    public SyncReply Truth(SyncRequest request)
    {
        var query = new LedgerQuery { Services = request.Services ?? [], Limit = (int)Math.Max(1, request.Size) };
        if (IsOlder || request.Mode is null)
        {
            var of = (int)Math.Max(1, IsOlder ? 1 : request.SliceTotal);
            query = query with
            {
                Mode = LedgerMode.Slice, Slice = (IsOlder ? 0 : (int)request.SliceIndex, of),
                Limit = IsOlder && request.Size < 5000 ? (int)request.Size + 1 : query.Limit,
                Since = request.SinceTime,
            };
        }
        else
        {
            query = query with
            {
                Mode = request.Mode == SyncRequest.Sample ? LedgerMode.Sample : LedgerMode.Page,
                After = LedgerCursor.Parse(request.Cursor),
            };
        }
        var page = Ledger.Read(query);
        var reply = Of([.. page.Events.Select(ToJson)]) with { IsPluginNode = IsPluginNode };
        var cursor = IsPluginNode ? page.Next?.ToString() : page.Next?.Timestamp.ToString();
        return Cursors.Understand(request, reply, [.. page.Events.Select(e => e.Timestamp)], cursor);
    }

    public DaysReply TrueDays() => IsPluginNode
        ? new DaysReply(new SyncReply(AskOutcome.Answered), Ledger.Days())
        : new DaysReply(SyncReply.Failed(AskOutcome.Refused, "HTTP 404: not found") with { Status = 404 }, []);

    public JsonNode ToJson(Event e)
    {
        var writer = new ArrayBufferWriter<byte>();
        Ledger.Write(e, writer);
        return JsonNode.Parse(writer.WrittenSpan)!;
    }
}
