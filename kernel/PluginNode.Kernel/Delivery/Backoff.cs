using PluginNode.Plugins;

namespace PluginNode.Delivery;

/// <summary>Waits between attempts: exponential, capped, drawn (full jitter) so that many nodes do not knock at once.</summary>
internal sealed class Backoff(RetryOptions options, IChance chance)
{
    private int _failures;

    public TimeSpan Next()
    {
        var wait = options.First * Math.Pow(options.Factor, Math.Min(_failures++, 60));
        if (wait > options.Most || wait < TimeSpan.Zero) wait = options.Most;
        return options.FullJitter ? wait * chance.NextDouble() : wait;
    }

    public void Reset() => _failures = 0;
}
