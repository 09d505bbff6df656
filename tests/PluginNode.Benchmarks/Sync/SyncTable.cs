using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginNode.Recovery;

namespace PluginNode.Benchmarks.Sync;

/// <summary>One figure: the median of several runs.</summary>
internal sealed record SyncFigure(string What, double Value, string Unit, double? Second, string? SecondUnit);

/// <summary>One way to recover: medians of several runs.</summary>
/// <param name="Strategy">Which.</param>
/// <param name="Outcome">What the node said at the end.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Received">Events that came.</param>
/// <param name="Held">Events that were held at the end, of those that neighbours hold.</param>
/// <param name="Bytes">Bytes of answers before compression, as a multiple of the events' JSON.</param>
/// <param name="Coverage">What the node says of its coverage; null: nothing.</param>
/// <param name="Signatures">The time that checking the signatures takes at least, on all cores, as a share of
/// all.</param>
internal sealed record RecoveryFigure(
    string Strategy, string Outcome, double Seconds, long Received, double Held, double Bytes, double? Coverage,
    double Signatures);

/// <summary>Collects and prints.</summary>
/// <param name="only">Measures only what has this in its name; empty: everything.</param>
internal sealed class SyncTable(string only)
{
    private const int Runs = 5;

    private readonly List<SyncFigure> _figures = [];
    private readonly List<RecoveryFigure> _recoveries = [];

    public bool Wants(string what) => what.Contains(only, StringComparison.Ordinal);

    public Task MeasureAsync(string what, string unit, Func<Task<double>> measure) =>
        MeasureAsync(what, unit, null, async () => (await measure(), 0));

    public async Task MeasureAsync(string what, string unit, string? second, Func<Task<(double, double)>> measure)
    {
        // what others are compared with is always needed
        if (!Wants(what) && _figures.Count > 0) return;
        var (first, others) = (new List<double>(), new List<double>());
        await measure(); // once for the compiler
        for (var run = 0; run < Runs; run++)
        {
            var (value, other) = await measure();
            first.Add(value);
            others.Add(other);
            await Console.Error.WriteAsync('.');
        }
        _figures.Add(new SyncFigure(what, Median(first), unit, second is null ? null : Median(others), second));
    }

    public async Task RecoverAsync(
        string strategy, int events, long jsonBytes,
        Func<Task<(RecoveryState State, TimeSpan Elapsed, int Held)>> recover)
    {
        if (!Wants(strategy)) return;
        var runs = new List<RecoveryFigure>();
        for (var run = 0; run <= Runs; run++)
        {
            var (state, elapsed, held) = await recover();
            var received = state.Steps.Sum(s => s.Counts.Received);
            var atLeast = held / _figures[0].Value / Environment.ProcessorCount;
            if (run > 0) // the first is for the compiler
                runs.Add(new RecoveryFigure(
                    strategy, state.Phase.ToString(), elapsed.TotalSeconds, received, (double)held / events,
                    state.Steps.Sum(s => s.Counts.Bytes) / (double)jsonBytes, state.Coverage?.Share,
                    atLeast / elapsed.TotalSeconds));
            await Console.Error.WriteAsync('.');
        }
        _recoveries.Add(runs.OrderBy(r => r.Seconds).ElementAt(Runs / 2));
    }

    public void Print(bool json)
    {
        Console.Error.WriteLine();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new SyncFigures(_figures, _recoveries), SyncFigureJson.Default.SyncFigures));
            return;
        }
        if (_recoveries.Count > 0)
        {
            Write($"{"recover 50 000 from 4",-22} {"seconds",8} {"received",9} {"held",7} {"bytes",6} ");
            Line($"{"coverage",9} {"sig.",5}");
        }
        foreach (var r in _recoveries)
        {
            Write($"{r.Strategy,-22} {r.Seconds,8:N2} {r.Received,9:N0} {r.Held,7:P1} {r.Bytes,6:N2} ");
            Line($"{r.Coverage,9:P1} {r.Signatures,5:P0}  {r.Outcome}");
        }
        foreach (var f in _figures)
            Line($"{f.What,-44} {f.Value,12:N0} {f.Unit,-12} {f.Second,8:N2} {f.SecondUnit}");
        Line($"Medians of {Runs} runs. bytes: answers before compression, as a multiple of the events' JSON.");
        var cores = Environment.ProcessorCount;
        Line($"sig.: what checking signatures takes at least, on {cores} cores, as a share of all.");
        Line($"CPU: of server and client together.");
    }

    private static void Write(FormattableString text) => Console.Write(text.ToString(CultureInfo.InvariantCulture));

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

/// <summary>All figures.</summary>
internal sealed record SyncFigures(IReadOnlyList<SyncFigure> Figures, IReadOnlyList<RecoveryFigure> Recoveries);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SyncFigures))]
internal sealed partial class SyncFigureJson : JsonSerializerContext;
