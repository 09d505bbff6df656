using System.Globalization;

namespace PluginNode.Architecture;

/// <summary>Files and lines stay short. What was too long when the rule came may only become less.</summary>
[TestFixture]
internal sealed class TidyTests
{
    private const int MostLines = 400;
    private const int LongestLine = 120;

    // Lines of the form "<count> <path>": how many lines of that file may be too long.
    private static readonly Dictionary<string, int> Exceptions =
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "long-lines.txt"))
            .Select(l => l.Split(' ', 2))
            .ToDictionary(p => p[1], p => int.Parse(p[0], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    [Test]
    public void SourceFiles_AreThere() => Assert.That(House.Sources.ToList(), Has.Count.GreaterThan(50));

    [Test]
    public void SourceFiles_HaveFourHundredLinesAtMost() =>
        Assert.That(House.Sources.Where(f => File.ReadLines(f).Count() > MostLines).Select(House.Relative), Is.Empty);

    [Test]
    public void Lines_HaveAHundredAndTwentyCharactersAtMost()
    {
        var tooLong = House.Sources.SelectMany(Excess).ToList();
        Assert.That(tooLong, Is.Empty, $"Break these lines; {LongestLine} characters are the limit.");
    }

    [Test]
    public void Exceptions_AreNoMoreThanNeeded()
    {
        var tooMany = Exceptions
            .Select(e => (Path: e.Key, Allowed: e.Value, Now: CountOf(Path.Combine(House.Root, e.Key))))
            .Where(e => e.Now < e.Allowed)
            .Select(e => $"{e.Path}: {e.Now}, not {e.Allowed}").ToList();
        if (tooMany.Count > 0) Assert.Warn($"long-lines.txt may be lowered: {string.Join("; ", tooMany)}");
    }

    private static IEnumerable<string> Excess(string file)
    {
        var path = House.Relative(file);
        var lines = TooLong(file).ToList();
        return lines.Count <= Exceptions.GetValueOrDefault(path) ? [] : lines.Select(line => $"{path}:{line}");
    }

    private static int CountOf(string file) => File.Exists(file) ? TooLong(file).Count() : 0;

    private static IEnumerable<int> TooLong(string file) =>
        File.ReadLines(file).Select((text, i) => (text, Number: i + 1)).Where(l => l.text.Length > LongestLine)
            .Select(l => l.Number);
}
