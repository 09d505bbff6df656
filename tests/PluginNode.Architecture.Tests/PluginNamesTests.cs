using PluginNode.Loading;

namespace PluginNode.Architecture;

/// <summary>The kernel knows no plugin: neither its id, nor its name, nor its scheme.</summary>
[TestFixture]
internal sealed class PluginNamesTests
{
    private static readonly string[] Schemes = ["mesh+http", "mqtt://", "mqtts://", "libp2p"];

    [TestCaseSource(typeof(House), nameof(House.Kernel))]
    public void KernelAssembly_NamesNoPluginAndNoScheme(BuiltAssembly assembly) =>
        Assert.That(assembly.Literals.Where(NamesAPlugin), Is.Empty);

    [Test]
    public void TheRule_SeesTheSchemeInAPluginThatHasIt()
    {
        var mesh = House.Plugins.Single(p => p.Project == "PluginNode.MeshHttp");
        Assert.That(mesh.Literals.Where(NamesAPlugin), Is.Not.Empty);
    }

    [Test]
    public void EveryPlugin_HasAnIdOfItsOwn() =>
        Assert.That(House.LoadablePlugins.Select(p => ManifestReader.Read(p.Path).Id), Is.Unique.And.Not.Empty);

    private static bool NamesAPlugin(string literal) =>
        House.Plugins.Select(p => p.Project)
            .Concat(House.LoadablePlugins.Select(p => ManifestReader.Read(p.Path).Id)).Concat(Schemes)
            .Any(name => literal.Contains(name, StringComparison.OrdinalIgnoreCase));
}
