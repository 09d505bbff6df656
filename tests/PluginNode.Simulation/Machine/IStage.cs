using PluginNode.Identity;

namespace PluginNode.Simulation.Machine;

/// <summary>What applications and their auditor play on: the scheduler of a simulation, or a thread of their own beside
/// nodes that run on the thread pool.</summary>
internal interface IStage
{
    SimChance Chance { get; }

    Trace Trace { get; }

    /// <summary>What a task throws that nobody awaits ends the run.</summary>
    void Watch(Task task);

    /// <summary>Ends the run, also where what is thrown would be caught.</summary>
    void Fail(string fault);
}

/// <summary>Drawing lots.</summary>
internal static class Lots
{
    public static bool Happens(this IStage stage, double probability) => stage.Chance.NextDouble() < probability;

    public static int Below(this IStage stage, int most) => (int)(stage.Chance.NextDouble() * most);

    public static TimeSpan Between(this IStage stage, TimeSpan least, TimeSpan most) =>
        least + ((most - least) * stage.Chance.NextDouble());
}
