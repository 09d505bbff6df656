namespace PluginNode.Architecture;

/// <summary>Dependencies run one way.</summary>
[TestFixture]
internal sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["PluginNode.Contracts"] = [],
        ["PluginNode.Kernel"] = ["PluginNode.Contracts"],
        ["PluginNode.Loading"] = ["PluginNode.Contracts"],
        ["PluginNode.Host"] = ["PluginNode.Contracts", "PluginNode.Kernel", "PluginNode.Loading"],
    };

    [TestCaseSource(typeof(House), nameof(House.Kernel))]
    public void KernelAssembly_DependsOnlyOnWhatStandsBelowIt(BuiltAssembly assembly)
    {
        Assert.That(Allowed, Does.ContainKey(assembly.Project), "A new kernel project needs a rule here.");
        Assert.That(OfTheHouse(assembly), Is.SubsetOf(Allowed[assembly.Project]));
    }

    [TestCaseSource(typeof(House), nameof(House.Plugins))]
    public void Plugin_DependsOnContractsAndOnNothingElseOfTheHouse(BuiltAssembly plugin) =>
        Assert.That(OfTheHouse(plugin), Is.EqualTo(["PluginNode.Contracts"]));

    [Test]
    public void Contracts_NeedTheBaseLibraryAndExtensionAbstractionsOnly()
    {
        var contracts = House.Kernel.Single(a => a.Project == "PluginNode.Contracts");
        Assert.That(contracts.References.Where(r => !IsBaseLibrary(r) && !IsExtensionAbstraction(r)), Is.Empty);
    }

    [TestCaseSource(typeof(House), nameof(House.Kernel))]
    public void LoadContexts_AreLoadingsBusinessOnly(BuiltAssembly assembly)
    {
        const string loadContext = "System.Runtime.Loader.AssemblyLoadContext";
        var uses = assembly.TypeReferences.Contains(loadContext);
        Assert.That(uses, Is.EqualTo(assembly.Project == "PluginNode.Loading"));
    }

    [Test]
    public void TheRule_SeesTheDependenciesOfTheHost()
    {
        var host = House.Kernel.Single(a => a.Project == "PluginNode.Host");
        Assert.That(OfTheHouse(host), Is.EquivalentTo(Allowed["PluginNode.Host"]));
    }

    // The host's assembly is named as the command is, in lower case.
    private static IEnumerable<string> OfTheHouse(BuiltAssembly assembly) =>
        assembly.References.Where(r => r.StartsWith("PluginNode", StringComparison.OrdinalIgnoreCase));

    private static bool IsBaseLibrary(string name) => name.StartsWith("System.", StringComparison.Ordinal);

    private static bool IsExtensionAbstraction(string name) =>
        name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
        && name.EndsWith(".Abstractions", StringComparison.Ordinal);
}
