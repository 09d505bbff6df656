using System.Globalization;
using System.Text.RegularExpressions;

namespace PluginNode.Architecture;

/// <summary>One row of the guarantee sheet.</summary>
/// <param name="Number">As in <c>1.4</c>.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Tests">The tests that it names.</param>
internal sealed record Guarantee(string Number, string Title, IReadOnlyList<string> Tests)
{
    /// <summary>The promise that it is a part of.</summary>
    public int Promise => int.Parse(Number.Split('.')[0], CultureInfo.InvariantCulture);

    public override string ToString() => $"{Number} {Title}";
}

/// <summary>
/// Reads the guarantee sheet: a row is a heading <c>### 1.4 …</c>; behind its <c>- Tests:</c> stand names in backticks,
/// up to the next item or heading.
/// </summary>
internal static partial class GuaranteeSheet
{
    private const int PatienceMs = 1000;

    public static string Path => System.IO.Path.Combine(House.Root, "kernel", "GUARANTEES.md");

    public static IReadOnlyList<Guarantee> Read(string text) =>
        [.. Rows().Split(text).Skip(1).Select(Row)];

    private static Guarantee Row(string text)
    {
        var title = text.Split('\n')[0].Split(' ', 2);
        var tests = TestsItem().Match(text).Groups["names"].Value;
        var names = Names().Matches(tests).Select(m => m.Groups["name"].Value);
        return new Guarantee(title[0], title[1].Trim(), [.. names]);
    }

    [GeneratedRegex(@"^### (?=\d)", RegexOptions.Multiline, PatienceMs)]
    private static partial Regex Rows();

    [GeneratedRegex(
        @"^- Tests:(?<names>.*?)(?=^- |^#|\z)", RegexOptions.Multiline | RegexOptions.Singleline, PatienceMs)]
    private static partial Regex TestsItem();

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, PatienceMs)]
    private static partial Regex Names();
}
