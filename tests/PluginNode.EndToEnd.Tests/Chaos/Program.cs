using System.Globalization;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>What <c>build/chaos</c> runs.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var (minutes, seed, report, commit) = (5.0, Environment.TickCount, (string?)null, "unknown");
        var over = Over.Mesh;
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var read = args[i] switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes > 0,
                "--seed" => int.TryParse(value, CultureInfo.InvariantCulture, out seed),
                "--over" => Enum.TryParse(value, ignoreCase: true, out over) && Enum.IsDefined(over),
                "--report" => (report = value).Length > 0,
                "--commit" => (commit = value).Length > 0,
                _ => false,
            };
            if (read) continue;
            await Console.Error.WriteLineAsync(
                "usage: build/chaos [--minutes M] [--seed S] [--over mesh|libp2p|broker] [--report FILE]");
            return 2;
        }
        var folder = Directory.CreateTempSubdirectory("pluginnode-chaos-").FullName;
        Console.WriteLine($"seed {seed}, over {over}, commit {commit}, nodes in {folder}");
        ChaosReport result;
        await using (var run = new ChaosRun(folder, seed, TimeSpan.FromMinutes(minutes), Console.WriteLine, over))
            result = await run.RunAsync();
        var text = result.Write(commit, TimeProvider.System.GetUtcNow());
        Console.WriteLine(text);
        if (report is not null) await File.WriteAllTextAsync(report, text);
        Console.WriteLine(result.Verdict);
        if (!result.Passed)
        {
            Console.WriteLine(
                $"The nodes' logs and data are kept in {folder}; again: build/chaos --seed {seed} --over {over}");
            return 1;
        }
        Directory.Delete(folder, recursive: true);
        return 0;
    }
}
