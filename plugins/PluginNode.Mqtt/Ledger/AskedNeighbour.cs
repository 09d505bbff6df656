using PluginNode.Sync;

namespace PluginNode.Mqtt.Ledger;

/// <summary>A neighbour during one run. Used within its turn only, but for <see cref="Failure"/>.</summary>
internal sealed class AskedNeighbour(Neighbour neighbour)
{
    private volatile string? _failure;

    public Neighbour Neighbour { get; } = neighbour;

    /// <summary>A nara's responses do not say what they answer: it is asked one thing at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Why it is not asked any more in this run; null: it is.</summary>
    public string? Failure
    {
        get => _failure;
        set => _failure = value;
    }

    /// <summary>It does not take the requests of PluginNodes.</summary>
    public bool IsNara { get; set; }
}
