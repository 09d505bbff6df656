using PluginNode.Plugins;

namespace PluginNode.Mqtt.Client;

/// <summary>How long to wait before the next connection: full jitter below a ceiling that doubles; long where trying
/// soon is no use. One loop.</summary>
internal sealed class Backoff(MqttClientOptions options, IChance chance)
{
    private int _failures;

    /// <param name="end">Why there is no connection.</param>
    /// <param name="lasted">How long there was one.</param>
    public TimeSpan Next(ConnectionEnd end, TimeSpan lasted)
    {
        if (lasted >= options.MostRetry) _failures = 0;
        if (end.IsFinal) return options.RefusedRetry * (0.5 + (chance.NextDouble() / 2));
        var ceiling = options.FirstRetry * Math.Pow(2, Math.Min(_failures++, 30));
        return (ceiling < options.MostRetry ? ceiling : options.MostRetry) * chance.NextDouble();
    }
}
