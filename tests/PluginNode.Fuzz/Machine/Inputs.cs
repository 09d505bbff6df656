namespace PluginNode.Fuzz.Machine;

/// <summary>
/// The inputs that are kept, beside the program: <c>corpus/TARGET/</c>, valid ones to begin with, and
/// <c>finds/TARGET/</c>, which once broke a property, with a line for each in <c>what.txt</c>.
/// </summary>
internal static class Inputs
{
    /// <summary>Says what each find of its folder was: <c>file: what</c>.</summary>
    public const string What = "what.txt";

    public static IReadOnlyList<Sample> Corpus(FuzzTarget target) => In("corpus", target);

    public static IReadOnlyList<Sample> Finds(FuzzTarget target) => In("finds", target);

    /// <summary>The folder of a target's finds, as they were built.</summary>
    public static string FindsFolder(FuzzTarget target) => FolderOf("finds", target);

    /// <summary>Writes a target's samples where the corpus is kept in source.</summary>
    public static void WriteCorpus(FuzzTarget target, string corpus)
    {
        var folder = Path.Combine(corpus, target.Name);
        Directory.CreateDirectory(folder);
        foreach (var (name, bytes) in target.Samples()) File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    private static string FolderOf(string kind, FuzzTarget target) =>
        Path.Combine(AppContext.BaseDirectory, kind, target.Name);

    private static IReadOnlyList<Sample> In(string kind, FuzzTarget target)
    {
        var folder = FolderOf(kind, target);
        if (!Directory.Exists(folder)) return [];
        return [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
            .Where(f => Path.GetFileName(f) != What)
            .Select(f => new Sample(Path.GetFileName(f), File.ReadAllBytes(f)))];
    }
}
