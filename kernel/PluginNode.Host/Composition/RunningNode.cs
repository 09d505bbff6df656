using PluginNode.Configuration;
using PluginNode.Events;

namespace PluginNode.Composition;

/// <summary>What the control API shows and steers. Callable from any thread.</summary>
/// <param name="Settings">What the node was started with.</param>
/// <param name="Kernel">The opened kernel.</param>
/// <param name="Plugins">The plugins that were found.</param>
/// <param name="Kinds">The event kinds that they provide.</param>
/// <param name="Time">The node's clock.</param>
public sealed record RunningNode(
    NodeSettings Settings, NodeKernel Kernel, PluginSet Plugins, EventKinds Kinds, TimeProvider Time)
{
    private volatile string _phase = "starting";

    /// <summary>Writes events as JSON.</summary>
    public EventCodec Codec { get; } = new(Kinds);

    /// <summary>What plugins bring for sync.</summary>
    public PluginSync Sync { get; } = new(Plugins, Kernel);

    /// <summary>What plugins know of peers by their names.</summary>
    public PluginPresence Presence { get; } = new(Plugins);

    /// <summary><c>starting</c>, <c>ready</c> or <c>stopping</c>.</summary>
    public string Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>Whether messages are taken and moved.</summary>
    public bool IsReady => _phase == "ready";
}
