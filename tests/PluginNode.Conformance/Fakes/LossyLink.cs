using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Conformance.Fakes;

/// <summary>
/// A link that drops, duplicates, reorders, delays and is cut, all by one chance: the same seed and the same parcels
/// have the same fate. Every parcel uses up the same number of random numbers, whatever the rates are. Thread-safe.
/// </summary>
/// <param name="chance">The seed of everything.</param>
public sealed class LossyLink(IChance chance) : ILink
{
    private readonly Lock _lock = new();
    private readonly HashSet<(PeerId From, PeerId To)> _cut = [];

    /// <summary>How likely a parcel is lost, 0 to 1. Default: 0.</summary>
    public double Drop { get; set; }

    /// <summary>How likely a parcel arrives twice, 0 to 1. Default: 0.</summary>
    public double Duplicate { get; set; }

    /// <summary>How likely a parcel is held back, so that later ones overtake it, 0 to 1. Default: 0.</summary>
    public double Reorder { get; set; }

    /// <summary>How long a parcel is held back at most. Default: one second.</summary>
    public TimeSpan HoldBack { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long each parcel takes. Default: no time.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Parcels that were lost so far, cuts included.</summary>
    public int Lost { get; private set; }

    /// <summary>Parcels that arrived twice so far.</summary>
    public int Duplicated { get; private set; }

    /// <summary>Parcels that were held back so far.</summary>
    public int HeldBack { get; private set; }

    /// <summary>From now on nothing goes from the one to the other; the way back stays open.</summary>
    public void CutOneWay(PeerId from, PeerId to)
    {
        lock (_lock) _cut.Add((from, to));
    }

    /// <summary>From now on nothing goes between the two.</summary>
    public void Cut(PeerId one, PeerId other)
    {
        CutOneWay(one, other);
        CutOneWay(other, one);
    }

    /// <summary>Ends every cut between the two, both ways.</summary>
    public void Heal(PeerId one, PeerId other)
    {
        lock (_lock)
        {
            _cut.Remove((one, other));
            _cut.Remove((other, one));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<TimeSpan> Carry(PeerId from, PeerId to)
    {
        lock (_lock)
        {
            var (drop, twice, first, second) = (Happens(Drop), Happens(Duplicate), Held(), Held());
            if (drop || _cut.Contains((from, to)))
            {
                Lost++;
                return [];
            }
            if (first > TimeSpan.Zero) HeldBack++;
            if (!twice) return [Delay + first];
            Duplicated++;
            return [Delay + first, Delay + second];
        }
    }

    private bool Happens(double rate) => chance.NextDouble() < rate;

    private TimeSpan Held()
    {
        var (held, howLong) = (Happens(Reorder), chance.NextDouble());
        return held ? HoldBack * howLong : TimeSpan.Zero;
    }
}
