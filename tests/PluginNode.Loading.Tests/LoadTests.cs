using Microsoft.Extensions.DependencyInjection;
using PluginNode.Delivery;

namespace PluginNode.Loading;

[TestFixture]
internal sealed class LoadTests
{
    private Stage _stage = null!;

    [SetUp]
    public void SetUp() => _stage = new Stage();

    [TearDown]
    public void TearDown() => _stage.Dispose();

    [Test]
    public void Load_NoPluginsFolder_IsNothing() =>
        Assert.That(PluginLoader.Load(_stage.Request() with { PluginsFolder = _stage.Base }), Is.Empty);

    [Test]
    public async Task Load_GoodPlugin_IsLoadedWithWhatItProvides()
    {
        _stage.Add("GoodPlugin");
        await using var plugin = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Loaded), string.Join('\n', plugin.Faults));
            Assert.That(plugin.Id, Is.EqualTo("good"));
            Assert.That(plugin.Version, Is.EqualTo("1.2.3"));
            Assert.That(plugin.Faults, Is.Empty);
            Assert.That(plugin.Provides, Is.EqualTo([nameof(IDeliveryPolicy)]));
        }
    }

    [Test]
    public async Task Load_GoodPlugin_IsConfiguredWithItsFoldersAndSettings()
    {
        _stage.Add("GoodPlugin");
        var request = _stage.Request() with { Settings = Stage.Settings("good", """{"a":1}""") };
        await using var plugin = PluginLoader.Load(request).Single();
        var folder = Path.Combine(_stage.Data, "plugins", "good");
        Assert.That(plugin.Says(), Is.EqualTo($$"""{{_stage.Base}}|{{_stage.Data}}|{{folder}}|{"a":1}"""));
    }

    [Test]
    public async Task Load_NoSettings_AreAnEmptyObject()
    {
        _stage.Add("GoodPlugin");
        await using var plugin = _stage.Load().Single();
        Assert.That(plugin.Says(), Does.EndWith("|{}"));
    }

    [Test]
    public async Task Load_KernelServices_AreInThePluginsContainerButNotProvidedByIt()
    {
        _stage.Add("GoodPlugin");
        var chance = new NoChance();
        var request = _stage.Request() with { AddKernelServices = s => s.AddSingleton<Plugins.IChance>(chance) };
        await using var plugin = PluginLoader.Load(request).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.Services!.GetRequiredService<Plugins.IChance>(), Is.SameAs(chance));
            Assert.That(plugin.Provides, Is.EqualTo([nameof(IDeliveryPolicy)]));
        }
    }

    [Test]
    public async Task Load_TwoVersionsOfAPrivateDependency_EachPluginGetsItsOwn()
    {
        _stage.Add("DependencyPluginOne");
        _stage.Add("DependencyPluginTwo");
        var plugins = _stage.Load();
        await using var one = plugins[0];
        await using var two = plugins[1];
        Assert.That(plugins.Select(p => p.Says()), Is.EqualTo(["1", "2"]));
    }

    [Test]
    public async Task Load_ContractsInThePluginsFolder_TheNodesAreUsed()
    {
        var folder = _stage.Add("ContractsCopyPlugin");
        Assert.That(Path.Combine(folder, "PluginNode.Contracts.dll"), Does.Exist);
        await using var plugin = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Loaded), string.Join('\n', plugin.Faults));
            Assert.That(plugin.Services!.GetService<IDeliveryPolicy>(), Is.Not.Null);
        }
    }

    [Test]
    public async Task Load_GoodPluginAmongBrokenOnes_IsLoaded()
    {
        _stage.Add("ThrowingPlugin");
        _stage.Add("GoodPlugin");
        _stage.Add("OtherMajorPlugin");
        var plugins = _stage.Load();
        await using var good = plugins.Single(p => p.Id == "good");
        Assert.That(plugins.Select(p => p.State),
            Is.EqualTo([PluginState.Loaded, PluginState.Refused, PluginState.Faulted]));
    }

    [Test]
    public void Load_Disabled_IsNotLoaded()
    {
        _stage.Add("GoodPlugin");
        var plugin = PluginLoader.Load(_stage.Request() with { Disabled = ["good"] }).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Disabled));
            Assert.That(plugin.Faults, Is.Empty);
            Assert.That(plugin.Services, Is.Null);
            Assert.That(_stage.Run, Does.Not.Exist);
        }
    }

    private sealed class NoChance : Plugins.IChance
    {
        public void Fill(Span<byte> bytes) => bytes.Clear();

        public double NextDouble() => 0;

        public Guid NewId() => Guid.Empty;
    }
}
