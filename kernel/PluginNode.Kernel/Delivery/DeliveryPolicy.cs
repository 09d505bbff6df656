namespace PluginNode.Delivery;

/// <summary>The policy that configuration spells out: protocol → level, and the levels by name.</summary>
internal sealed class DeliveryPolicy : IDeliveryPolicy
{
    private readonly Dictionary<string, DeliveryLevel> _levels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DeliveryLevel> _protocols = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A protocol is mapped to a level that does not exist.</exception>
    public DeliveryPolicy(KernelOptions options)
    {
        DeliveryLevel[] builtIn = [DeliveryLevel.Critical, DeliveryLevel.Moderate, DeliveryLevel.None];
        foreach (var level in builtIn.Concat(options.Levels)) _levels[level.Name] = level;
        foreach (var (protocol, name) in options.Protocols)
        {
            _protocols[protocol] = _levels.TryGetValue(name, out var level)
                ? level
                : throw new ArgumentException($"delivery.protocols: '{protocol}' is mapped to the unknown level '{name}'.", nameof(options));
        }
    }

    public DeliveryLevel LevelFor(string protocol) => _protocols.GetValueOrDefault(protocol, DeliveryLevel.None);

    public DeliveryLevel? Find(string name) => _levels.GetValueOrDefault(name);
}
