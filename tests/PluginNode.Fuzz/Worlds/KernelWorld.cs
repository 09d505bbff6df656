using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Conformance.Fakes;
using PluginNode.FileStore;
using PluginNode.Fuzz.Machine;
using PluginNode.Identity;
using PluginNode.Peers;

namespace PluginNode.Fuzz.Worlds;

/// <summary>A kernel over the real file store on a disk in memory, with a clock that stands and no transport.</summary>
internal sealed class KernelWorld : IAsyncDisposable
{
    private const int SegmentBytes = 1 << 16;

    private readonly FaultLog _faults;

    private KernelWorld(NodeKernel kernel, FaultLog faults) => (Kernel, _faults) = (kernel, faults);

    public NodeKernel Kernel { get; }

    public static KernelOptions Options { get; } = new()
    {
        Protocols = new Dictionary<string, string>(StringComparer.Ordinal) { ["/c"] = "critical", ["/m"] = "moderate" },
    };

    public static FileRecordStore StoreOn(IDisk disk) =>
        new(disk, new FileStoreOptions { SegmentBytes = SegmentBytes }, NullLogger.Instance);

    public static async Task<KernelWorld> OpenAsync(MemoryDisk disk, KernelOptions? options = null)
    {
        var faults = new FaultLog();
        var peer = new Peer("beta", SomeNodes.Sender.Self, [new PeerAddress("mesh+http", "mesh+http://127.0.0.1:1")]);
        var parts = new KernelParts(
            SomeNodes.Receiver, [], StoreOn(disk), new PeerBook([peer]), StandingTime.Instance,
            new SeededChance(1), faults);
        return new KernelWorld(await NodeKernel.OpenAsync(parts, options ?? Options, CancellationToken.None), faults);
    }

    /// <summary>Stops it.</summary>
    /// <exception cref="BrokenPropertyException">It told of a fault of its own.</exception>
    public async ValueTask DisposeAsync()
    {
        await Kernel.DisposeAsync();
        _faults.AssertNone();
    }
}
