using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Benchmarks.Mqtt;

/// <summary>One round of throughput: messages a second, and bytes that our ends have allocated for each.</summary>
internal sealed record MqttRound(
    double Ours, double Theirs, double OursToTheirs, double TheirsToOurs, double SentBytes, double ReceivedBytes);

/// <summary>One round of requests.</summary>
internal sealed record MqttTrips(EndAnswer Ours, EndAnswer Pipes, EndAnswer Processes);

/// <summary>Messages a second, medians.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Ours">Both ends our client.</param>
/// <param name="Theirs">mosquitto_pub to mosquitto_sub.</param>
/// <param name="OursToTheirs">Our client to mosquitto_sub.</param>
/// <param name="TheirsToOurs">mosquitto_pub to our client.</param>
/// <param name="TimesTheirs">How many times as fast ours is as theirs.</param>
/// <param name="SentBytes">Bytes that our publisher allocates for a message.</param>
/// <param name="ReceivedBytes">Bytes that our subscriber allocates for a message.</param>
internal sealed record MqttFigure(
    string What, double Ours, double Theirs, double OursToTheirs, double TheirsToOurs, double TimesTheirs,
    double SentBytes, double ReceivedBytes);

/// <summary>Microseconds of a request and its response, medians.</summary>
/// <param name="What">What was measured, and which share of them is faster.</param>
/// <param name="Ours">Our client on both sides.</param>
/// <param name="Pipes">mosquitto's clients on both sides, which run all the time and talk over pipes.</param>
/// <param name="Processes">mosquitto_rr, a process for each request; our client answers.</param>
internal sealed record MqttTripFigure(string What, double Ours, double Pipes, double Processes);

/// <summary>Frames from a durable outbox into a durable inbox, medians.</summary>
/// <param name="What">What was measured.</param>
/// <param name="PerSecond">So many.</param>
/// <param name="Bytes">Bytes that both nodes together allocate for one.</param>
/// <param name="Cpu">Microseconds of all cores, both nodes together, for one.</param>
internal sealed record MqttFrameFigure(string What, double PerSecond, double Bytes, double Cpu);

/// <summary>Everything, for programs.</summary>
internal sealed record MqttFigures(
    IReadOnlyList<MqttFigure> Throughput, IReadOnlyList<MqttTripFigure> Trips, IReadOnlyList<MqttFrameFigure> Frames);

/// <summary>Collects and prints.</summary>
internal sealed class MqttTable
{
    public const int Rounds = 5;

    private readonly List<MqttFigure> _throughput = [];
    private readonly List<MqttTripFigure> _trips = [];
    private readonly List<MqttFrameFigure> _frames = [];

    public void Add(string what, IReadOnlyList<MqttRound> runs)
    {
        var (ours, theirs) = (Median(runs, r => r.Ours), Median(runs, r => r.Theirs));
        _throughput.Add(new MqttFigure(
            what, ours, theirs, Median(runs, r => r.OursToTheirs), Median(runs, r => r.TheirsToOurs), ours / theirs,
            Median(runs, r => r.SentBytes), Median(runs, r => r.ReceivedBytes)));
    }

    public void Add(string what, IReadOnlyList<MqttTrips> runs)
    {
        foreach (var (name, of) in ((string, Func<EndAnswer, double>)[])[("p50", a => a.P50), ("p99", a => a.P99)])
            _trips.Add(new MqttTripFigure(
                $"{what}, {name}", Median(runs, r => of(r.Ours)), Median(runs, r => of(r.Pipes)),
                Median(runs, r => of(r.Processes))));
    }

    public void Add(string what, IReadOnlyList<Drain> runs) => _frames.Add(new MqttFrameFigure(
        what, Median(runs, r => r.PerSecond), Median(runs, r => r.Bytes), Median(runs, r => r.Cpu)));

    public void Print(bool json)
    {
        Console.Error.WriteLine();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new MqttFigures(_throughput, _trips, _frames), MqttFigureJson.Default.MqttFigures));
            return;
        }
        if (_throughput.Count > 0)
            Line($"{"messages/s",-34} {"ours",9} {"C",9} {"ours-C",9} {"C-ours",9} {"× C",5} {"B pub",6} {"B sub",6}");
        foreach (var f in _throughput)
        {
            var mixed = Text($"{f.OursToTheirs,9:N0} {f.TheirsToOurs,9:N0} {f.TimesTheirs,5:N2}");
            Line($"{f.What,-34} {f.Ours,9:N0} {f.Theirs,9:N0} {mixed} {f.SentBytes,6:N0} {f.ReceivedBytes,6:N0}");
        }
        if (_trips.Count > 0) Line($"{"request and response, µs",-34} {"ours",9} {"C, pipes",9} {"C, rr",9}");
        foreach (var f in _trips) Line($"{f.What,-34} {f.Ours,9:N0} {f.Pipes,9:N0} {f.Processes,9:N0}");
        foreach (var f in _frames)
            Line($"{f.What}: {f.PerSecond:N0} a second, {f.Bytes:N0} B and {f.Cpu:N1} µs of CPU for both nodes");
        Line($"Medians of {Rounds} runs, each end a process, one mosquitto, MQTT 5, {BenchBroker.InFlight} in flight.");
        Line($"C: mosquitto_pub -l and mosquitto_sub, connected before; × C: how many times as fast ours is.");
        Line($"B pub, B sub: bytes that our ends allocate for a message.");
        Line($"pipes: the same programs, which run all the time and talk over pipes, so that a trip has three more.");
        Line($"rr: mosquitto_rr, which our client answers: mostly the start of its process.");
    }

    private static double Median<T>(IReadOnlyList<T> runs, Func<T, double> of) =>
        runs.Select(of).Order().ElementAt(runs.Count / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(FormattableString text) => Console.WriteLine(Text(text));
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MqttFigures))]
internal sealed partial class MqttFigureJson : JsonSerializerContext;
