using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Benchmarks;

/// <summary>One line of the table: messages a second, the physical limit of the same run, their ratio, and what a
/// message costs in allocations and in time of all cores, both ends of a drain together.</summary>
internal sealed record Figure(string What, double PerSecond, double? Limit, double? Ratio, double BytesPerMessage, double CpuMicroseconds);

/// <summary>Collects figures, each the median of several runs.</summary>
/// <param name="only">Measures only what has this in its name; empty: everything.</param>
internal sealed class Figures(string only)
{
    public const int Runs = 5;

    private readonly List<Figure> _all = [];
    private int _messages = 1;
    private long _allocatedBefore;
    private TimeSpan _cpuBefore;

    /// <summary>Measures what and limit in turn, so that a machine that drifts drifts for both.</summary>
    public async Task MeasureAsync(string what, Func<Task<double>>? limit, Func<Task<double>> measure)
    {
        if (!what.Contains(only, StringComparison.Ordinal)) return;
        var (speeds, limits) = (new List<double>(), new List<double>());
        var (allocated, cpu) = (0.0, 0.0);
        await measure(); // once for the compiler
        for (var run = 0; run < Runs; run++)
        {
            if (limit is not null) limits.Add(await limit());
            speeds.Add(await measure());
            allocated = (double)(GC.GetTotalAllocatedBytes() - _allocatedBefore) / _messages;
            cpu = (Environment.CpuUsage.TotalTime - _cpuBefore).TotalMicroseconds / _messages;
            await Console.Error.WriteAsync('.');
        }
        var median = Median(speeds);
        var best = limit is null ? (double?)null : Median(limits);
        _all.Add(new Figure(what, median, best, median / best, allocated, cpu));
    }

    /// <summary>What is counted for each message begins now.</summary>
    public void CountFromHere(int messages) =>
        (_messages, _allocatedBefore, _cpuBefore) = (messages, GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime);

    public void Print(bool json)
    {
        Console.Error.WriteLine();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(_all, FigureJson.Default.ListFigure));
            return;
        }
        Console.WriteLine($"{"",-42} {"messages/s",12} {"limit",12} {"ratio",7} {"B alloc.",10} {"CPU µs",7}");
        foreach (var f in _all)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{f.What,-42} {f.PerSecond,12:N0} {f.Limit,12:N0} {f.Ratio,7:N2} {f.BytesPerMessage,10:N0} {f.CpuMicroseconds,7:N1}"));
        Console.WriteLine($"Medians of {Runs} runs. Limit: a plain loop of append + fdatasync into a prepared file on the same disk,");
        Console.WriteLine("with the same bytes and as many messages for each flush as there are producers.");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<Figure>))]
internal sealed partial class FigureJson : JsonSerializerContext;
