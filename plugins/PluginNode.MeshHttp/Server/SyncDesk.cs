using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Server;

/// <summary>What a neighbour wants, once it is known who asks.</summary>
/// <param name="Caller">Who.</param>
/// <param name="IsPluginNode">Whether it proved to be a PluginNode.</param>
/// <param name="Request">Which events; null: days.</param>
/// <param name="MostBytes">How much the answer may make, about.</param>
internal readonly record struct SyncQuestion(PeerId Caller, bool IsPluginNode, SyncRequest? Request, int MostBytes);

/// <summary>Answers neighbours that sync events, however they ask: the limits of each hold over all ways together.
/// Callable from any thread.</summary>
internal sealed class SyncDesk
{
    /// <summary>Most bytes of a request: the names of everyone known fit.</summary>
    public const int MaxRequest = 1 << 20;

    private readonly MeshHttpOptions _options;
    private readonly SyncBodies _bodies;
    private readonly CallLimits _limits;

    // two answers of one peer at once, eight together
    private readonly ByteBudget _room;

    // half of the processors stay with the rest of the node
    private readonly ByteBudget _working = new(Workers, Workers);

    public SyncDesk(MeshHttpOptions options, MeshNode node, SyncParts parts)
    {
        (_options, Parts) = (options, parts);
        _bodies = new SyncBodies(node, parts);
        _limits = new CallLimits(options.SyncCallsPerSecond, node.Time);
        _room = new ByteBudget(8L * options.MaxSyncBytes, 2L * options.MaxSyncBytes);
        Complaints = new Complaints(node.Time, node.Loggers.CreateLogger<MeshHttpTransport>());
    }

    /// <summary>The ledger, and what belongs to it.</summary>
    public SyncParts Parts { get; }

    public Complaints Complaints { get; }

    private static int Workers => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>False: this peer asks too much. Each true needs one <see cref="Leave"/>.</summary>
    public bool TryEnter(PeerId caller)
    {
        if (_limits.TryEnter(caller)) return true;
        Complaints.TooMany(caller);
        return false;
    }

    public void Leave(PeerId caller) => _limits.Leave(caller);

    /// <summary>Makes an answer. Room for the largest is kept until it is used: who reads slowly holds only its own
    /// share.</summary>
    /// <param name="question">What is wanted.</param>
    /// <param name="use">Uses it; it is gone afterwards.</param>
    /// <param name="waits">Gives up waiting for room; what is under way ends by itself.</param>
    /// <exception cref="OperationCanceledException">There was no room in time.</exception>
    public async Task AnswerAsync(SyncQuestion question, Func<BodyBuffer, Task> use, CancellationToken waits)
    {
        await _room.TakeAsync(question.Caller, _options.MaxSyncBytes, waits);
        try
        {
            using var body = await MakeAsync(question, waits);
            await use(body);
        }
        finally
        {
            _room.Return(question.Caller, _options.MaxSyncBytes);
        }
    }

    private async Task<BodyBuffer> MakeAsync(SyncQuestion question, CancellationToken waits)
    {
        await _working.TakeAsync(question.Caller, 1, waits);
        try
        {
            if (question.Request is not { } request) return _bodies.Days();
            var pages = new SyncPages(Parts, Math.Min(_options.MaxSyncBytes, question.MostBytes));
            var (events, next) = pages.Pick(request, question.IsPluginNode);
            return _bodies.Events(events, next);
        }
        finally
        {
            _working.Return(question.Caller, 1);
        }
    }
}
