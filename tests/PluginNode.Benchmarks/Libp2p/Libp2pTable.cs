using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>One row: medians.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Unit">Of the five figures.</param>
/// <param name="OursToOurs">Both ends ours.</param>
/// <param name="OursToJs">We are the client.</param>
/// <param name="JsToJs">Both ends js-libp2p.</param>
/// <param name="Tcp">Plain sockets, one for each stream, written to in the same pieces.</param>
/// <param name="Cipher">ChaCha20-Poly1305 alone, a core for each direction.</param>
/// <param name="TimesJs">How many times as good as js-libp2p with itself ours is with itself.</param>
/// <param name="OfCipher">Ours with itself, as a share of what the cipher allows.</param>
/// <param name="OfBoth">The same of what two cores allow that encrypt, decrypt and move bytes through sockets and do
/// nothing else: their time for the cipher and for plain TCP added. Above 1 where our pieces are the larger ones.
/// </param>
internal sealed record Libp2pFigure(
    string What, string Unit, double OursToOurs, double? OursToJs, double? JsToJs, double? Tcp, double? Cipher,
    double? TimesJs, double? OfCipher, double? OfBoth);

/// <summary>What one of it costs: a message, a megabyte, a handshake, a frame. Medians.</summary>
/// <param name="What">What was measured.</param>
/// <param name="ClientBytes">Bytes that our client allocates.</param>
/// <param name="ServerBytes">Bytes that our server allocates.</param>
/// <param name="Cpu">Microseconds of all cores, our client and server together.</param>
/// <param name="CpuJs">The same of js-libp2p.</param>
/// <param name="CpuTcp">The same of plain sockets.</param>
internal sealed record Libp2pCost(
    string What, double ClientBytes, double ServerBytes, double Cpu, double? CpuJs, double? CpuTcp);

/// <summary>Everything, for programs.</summary>
internal sealed record Libp2pFigures(
    IReadOnlyList<Libp2pFigure> Figures, IReadOnlyList<Libp2pCost> Costs, string? Missing);

/// <summary>Collects and prints.</summary>
internal sealed class Libp2pTable
{
    public const int Rounds = 5;

    private const double Microseconds = 1e6; // in a second

    private readonly List<Libp2pFigure> _figures = [];
    private readonly List<Libp2pCost> _costs = [];

    public void Add(Measured measured, Runs runs)
    {
        double? One(Func<Round, Run?> which, Func<Run, double> of) =>
            runs.Median(r => which(r) is { } run ? of(run) / (run.Answer.Count / measured.Scale) : null);
        var cost = new Libp2pCost(
            measured.What, One(r => r.Ours, r => r.Client)!.Value, One(r => r.Ours, r => r.Server)!.Value,
            One(r => r.Ours, r => r.Cpu)!.Value, One(r => r.Js, r => r.Cpu), One(r => r.Tcp, r => r.Cpu));
        _costs.Add(cost);
        foreach (var figure in measured.Figures)
        {
            var what = figure.Name.Length == 0 ? measured.What : $"{measured.What}, {figure.Name}";
            double? Of(Func<Round, EndAnswer?> which) =>
                runs.Median(r => which(r) is { } answer ? figure.Of(answer) / measured.Scale : null);
            var ours = Of(r => r.Ours.Answer)!.Value;
            var js = Of(r => r.Js?.Answer);
            // texts, or where bytes are counted as many times their size
            var cipher = Of(r => r.Cipher) * (measured.Scale > 1 ? measured.Texts : 1);
            _figures.Add(new Libp2pFigure(
                what, measured.Unit, ours, Of(r => r.OursToJs?.Answer), js, Of(r => r.Tcp?.Answer), cipher,
                figure.LessIsBetter ? js / ours : ours / js, ours / cipher,
                ours * ((2 * Microseconds / cipher) + cost.CpuTcp) / (2 * Microseconds)));
        }
    }

    public void Print(bool json, string? missing)
    {
        Console.Error.WriteLine();
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new Libp2pFigures(_figures, _costs, missing), Libp2pJson.Default.Libp2pFigures));
            return;
        }
        var heads = $"{"ours-ours",10} {"ours-js",9} {"js-js",9} {"TCP",10} {"cipher",10}";
        Line($"{"",-41} {"",-4} {heads} {"× js",6} {"of c.",5} {"of c+T",6}");
        foreach (var f in _figures)
        {
            var values = Text($"{f.OursToOurs,10:N0} {f.OursToJs,9:N0} {f.JsToJs,9:N0} {f.Tcp,10:N0} {f.Cipher,10:N0}");
            Line($"{f.What,-41} {f.Unit,-4} {values} {f.TimesJs,6:N1} {f.OfCipher,5:N2} {f.OfBoth,6:N2}");
        }
        Line($"{"",-41} {"B client",9} {"B server",9} {"CPU µs",8} {"js",8} {"TCP",8}");
        foreach (var c in _costs)
        {
            var values = Text($"{c.ClientBytes,9:N0} {c.ServerBytes,9:N0} {c.Cpu,8:N1} {c.CpuJs,8:N1} {c.CpuTcp,8:N1}");
            Line($"{c.What,-41} {values}");
        }
        Line($"Medians of {Rounds} runs, each end a process. × js: times as good as js-js. TCP: a connection for each");
        Line($"stream, the same pieces. cipher: ChaCha20-Poly1305 alone, a core for each end; of c.: the share of it.");
        Line($"of c+T: the share of what two cores allow that have cipher and TCP to pay for and nothing else.");
        Line($"Below: bytes allocated and time of all cores, both ends, for one message, MB, handshake or frame.");
        if (missing is not null) Line($"Nothing of js-libp2p: {missing}.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(FormattableString text) => Console.WriteLine(Text(text));
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Libp2pFigures))]
internal sealed partial class Libp2pJson : JsonSerializerContext;
