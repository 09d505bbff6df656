using PluginNode.FileStore;
using PluginNode.Storage;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.Simulation.Checks;

/// <summary>The parts of a node as they are; <see cref="Canaries"/> replace one with a broken one.</summary>
internal abstract class Breakage
{
    /// <summary>Nothing is broken.</summary>
    public static Breakage None { get; } = new Sound();

    public virtual IRecordStore Store(FileRecordStore store) => store;

    public virtual IDisk Disk(IDisk disk) => disk;

    public virtual ITransport Transport(ITransport transport) => transport;

    public virtual ISyncStrategy Sync(ISyncStrategy strategy) => strategy;

    private sealed class Sound : Breakage;
}
