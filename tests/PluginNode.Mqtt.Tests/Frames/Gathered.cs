using System.Collections.Concurrent;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>What came, in its order. Any thread.</summary>
internal sealed class Gathered<T>
{
    private readonly ConcurrentQueue<T> _all = new();

    public IReadOnlyList<T> All => [.. _all];

    public void Add(T item) => _all.Enqueue(item);

    /// <summary>Waits until one of them is so.</summary>
    public Task HasAsync(Func<T, bool> holds, int times = 1) => Patience.UntilAsync(
        () => _all.Count(holds) >= times, () => $"not {times} of them among: {string.Join(", ", _all)}");
}
