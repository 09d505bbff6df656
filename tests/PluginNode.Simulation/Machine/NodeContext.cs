namespace PluginNode.Simulation.Machine;

/// <summary>Where every continuation of one life of a node returns to. When the life ends nothing of it runs any
/// more.</summary>
internal sealed class NodeContext(Scheduler scheduler, string name) : SynchronizationContext
{
    public string Name { get; } = name;

    public bool IsDead { get; private set; }

    public void Kill() => IsDead = true;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsDead) scheduler.Post(this, () => d(state));
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new SimulationException($"{Name}: a blocking call");

    public override SynchronizationContext CreateCopy() => this;
}
