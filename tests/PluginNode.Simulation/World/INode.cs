using PluginNode.Identity;

namespace PluginNode.Simulation.World;

/// <summary>A node as its application and the auditor see it.</summary>
internal interface INode
{
    int Number { get; }

    string Name { get; }

    PeerId Id { get; }

    /// <summary>How many lives it has begun.</summary>
    int Lives { get; }

    /// <summary>Of its present life; null while it is down.</summary>
    NodeKernel? Kernel { get; }
}
