namespace PluginNode.Simulation.Machine;

/// <summary>Where every continuation of one life of a node returns to. When the life ends nothing of it runs any
/// more.</summary>
internal sealed class NodeContext(Scheduler scheduler, string name) : SynchronizationContext
{
    private bool _killed;

    public string Name { get; } = name;

    public bool IsDead => _killed || scheduler.Ended;

    public void Kill() => _killed = true;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsDead) scheduler.Post(this, () => d(state));
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new SimulationException($"{Name}: a blocking call");

    public override SynchronizationContext CreateCopy() => this;
}
