using System.Diagnostics;
using System.Globalization;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Targets;

namespace PluginNode.Fuzz;

/// <summary><c>build/fuzz</c>.</summary>
internal static class FuzzCommand
{
    private const string Usage = """
        usage: build/fuzz TARGET|all [--minutes M] [--tries N] [--seed S]   mutates; the same seed gives the same tries
               build/fuzz TARGET --input FILE                              runs one input
               build/fuzz TARGET|all --corpus FOLDER                       writes the samples that a corpus begins with
        """;

    public static int Main(string[] args)
    {
        var targets = args.Length == 0 ? [] : AllTargets.Named(args[0]);
        var (minutes, tries, seed) = (0.0, long.MaxValue, (ulong)Random.Shared.NextInt64());
        string? input = null, corpus = null;
        var understood = targets.Count > 0 && args.Length % 2 == 1;
        for (var i = 1; understood && i < args.Length; i += 2)
        {
            var value = args[i + 1];
            understood = args[i] switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes > 0,
                "--tries" => long.TryParse(value, CultureInfo.InvariantCulture, out tries) && tries > 0,
                "--seed" => ulong.TryParse(value, CultureInfo.InvariantCulture, out seed),
                "--input" => (input = value).Length > 0 && targets.Count == 1,
                "--corpus" => (corpus = value).Length > 0,
                _ => false,
            };
        }
        if (!understood)
        {
            Console.Error.WriteLine(Usage);
            Console.Error.WriteLine($"targets: {string.Join(", ", AllTargets.List.Select(t => t.Name))}");
            return 2;
        }
        if (minutes <= 0) minutes = tries == long.MaxValue ? 1 : double.MaxValue;
        if (input is not null) return RunOne(targets[0], input);
        var sound = true;
        foreach (var target in targets)
        {
            if (corpus is not null) Inputs.WriteCorpus(target, corpus);
            else sound &= Run(target, minutes, tries, seed);
        }
        return sound ? 0 : 1;
    }

    private static int RunOne(FuzzTarget target, string file)
    {
        var find = Find.In(target, File.ReadAllBytes(file), out var verdict);
        Console.WriteLine(find?.What ?? $"{(verdict.Accepted ? "accepted" : "refused")}: {verdict.Text}");
        return find is null ? 0 : 1;
    }

    private static bool Run(FuzzTarget target, double minutes, long tries, ulong seed)
    {
        Console.WriteLine($"{target.Name}: seed {seed}");
        var clock = Stopwatch.StartNew();
        var corpus = Inputs.Corpus(target).Select(s => s.Bytes).ToList();
        var report = new Fuzzer(target, corpus, seed).Run(
            done => done < tries && clock.Elapsed.TotalMinutes < minutes);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {report.Tries:N0} tries in {clock.Elapsed.TotalSeconds:0} s, ")
            + string.Create(CultureInfo.InvariantCulture,
            $"{report.Accepted:N0} accepted, {report.Shapes} shapes of verdict"));
        if (report.Find is null) return true;

        var found = Reduction.Of(target, report.Find);
        var folder = Path.Combine("artifacts", "fuzz", target.Name);
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{seed}-{found.Try}");
        File.WriteAllBytes(file, found.Input);
        File.WriteAllBytes(file + ".whole", report.Find.Input);
        Console.WriteLine($"FIND: {found.What}");
        Console.WriteLine($"  reduced from {report.Find.Input.Length} to {found.Input.Length} bytes");
        Console.WriteLine($"  replay: build/fuzz {target.Name} --seed {seed} --tries {found.Try}");
        Console.WriteLine($"      or: build/fuzz {target.Name} --input {file}");
        return false;
    }
}
