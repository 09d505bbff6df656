using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>A neighbour during one run: where it answers, and how often it failed.</summary>
internal sealed class Asked
{
    private const int MostInARow = 3;

    // who answers every now and then, only to fail again, is no help either
    private const int ManyInAll = 12;

    private readonly IReadOnlyList<PeerAddress> _addresses;
    private int _failures, _uses;
    private volatile int _at;

    private Asked(Neighbour neighbour, IReadOnlyList<PeerAddress> addresses) =>
        (Neighbour, _addresses) = (neighbour, addresses);

    public Neighbour Neighbour { get; }

    public int Addresses => _addresses.Count;

    /// <summary>Failures since it last gave something that can be used.</summary>
    public int InARow { get; private set; }

    /// <summary>Whether it is not asked any more in this run.</summary>
    public bool IsLeftOut => InARow >= MostInARow || (_failures >= ManyInAll && _failures > _uses);

    /// <summary>Why it failed last; null where it never did.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whom of a plan this plugin can reach, as many as the profile has asked directly.</summary>
    public static IReadOnlyList<Asked> Of(SyncPlan plan, INeighbourCalls calls) =>
        [.. plan.Neighbours.Select(n => Of(n, calls)).OfType<Asked>()
            .Take(plan.Profile.DirectNeighbours ?? int.MaxValue)];

    /// <summary>Null where it can't be asked at any address.</summary>
    public static Asked? Of(Neighbour neighbour, INeighbourCalls calls)
    {
        var addresses = calls.AddressesOf(neighbour);
        return addresses.Count == 0 ? null : new Asked(neighbour, addresses);
    }

    /// <summary>The address that answered last, or the preferred one; then the others in turn.</summary>
    /// <param name="attempt">From 0 on.</param>
    /// <param name="first">Where the attempts began.</param>
    public SyncNeighbour At(int attempt, int first) =>
        new(Neighbour.Name, Neighbour.Id, _addresses[(first + attempt) % _addresses.Count]);

    /// <summary>Which address comes first now.</summary>
    public int First() => _at;

    public void Answers(int attempt, int first) => _at = (first + attempt) % _addresses.Count;

    public void Failed(string reason)
    {
        InARow++;
        _failures++;
        Failure = reason;
    }

    public void WasOfUse()
    {
        InARow = 0;
        _uses++;
    }
}
