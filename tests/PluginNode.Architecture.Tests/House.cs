using System.Xml.Linq;

namespace PluginNode.Architecture;

/// <summary>The source tree, and what was built from it beside these tests.</summary>
internal static class House
{
    // artifacts/bin/<project>/<configuration>/
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    public static string Root { get; } = Output.Parent!.Parent!.Parent!.Parent!.FullName;

    public static IEnumerable<BuiltAssembly> Kernel => Built("kernel");

    public static IEnumerable<BuiltAssembly> Plugins => Built("plugins");

    /// <summary>Those of them that a node can load. One without Plugin.targets is a library as yet.</summary>
    public static IEnumerable<BuiltAssembly> LoadablePlugins => Plugins.Where(p => File.ReadAllText(
        Path.Combine(Root, "plugins", p.Project, p.Project + ".csproj"))
        .Contains("<Import Project=\"../../build/Plugin.targets\"", StringComparison.Ordinal));

    /// <summary>Test projects, and libraries of tests.</summary>
    public static IEnumerable<BuiltAssembly> Tests => Built("tests").Where(
        a => a.Project.EndsWith(".Tests", StringComparison.Ordinal) || a.Project == "PluginNode.Conformance");

    public static IEnumerable<string> Sources =>
        new[] { "kernel", "plugins", "tests" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), "*.cs", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static IEnumerable<BuiltAssembly> Built(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(project =>
            {
                var name = Path.GetFileNameWithoutExtension(project);
                var assembly = XDocument.Load(project).Descendants("AssemblyName").FirstOrDefault()?.Value ?? name;
                var bin = Path.Combine(Output.Parent!.Parent!.FullName, name, Output.Name);
                return new BuiltAssembly(name, Path.Combine(bin, assembly + ".dll"));
            });
}
