using PluginNode.Plugins;

namespace PluginNode.Delivery;

/// <summary>Waits between attempts: exponential, capped, drawn (full jitter) so that many nodes do not knock at
/// once.</summary>
internal sealed class Backoff(RetryOptions options, IChance chance)
{
    private int _failures;

    public TimeSpan Next()
    {
        // In ticks: a TimeSpan overflows long before a peer that stays away for a day has used up its attempts.
        var ticks = Math.Min(options.First.Ticks * Math.Pow(options.Factor, _failures), options.Most.Ticks);
        if (ticks < options.Most.Ticks) _failures++;
        return TimeSpan.FromTicks((long)(options.FullJitter ? ticks * chance.NextDouble() : ticks));
    }

    public void Reset() => _failures = 0;
}
