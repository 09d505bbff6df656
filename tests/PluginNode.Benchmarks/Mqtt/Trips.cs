using System.Diagnostics;

namespace PluginNode.Benchmarks.Mqtt;

/// <summary>Round trips as figures.</summary>
internal static class Trips
{
    /// <summary>Sorts them.</summary>
    /// <param name="trips">In ticks of the stopwatch.</param>
    public static EndAnswer Of(long[] trips)
    {
        Array.Sort(trips);
        return new EndAnswer { Count = trips.Length, P50 = At(0.5), P99 = At(0.99) };

        double At(double share) => trips[(int)(share * trips.Length)] * 1e6 / Stopwatch.Frequency;
    }
}
