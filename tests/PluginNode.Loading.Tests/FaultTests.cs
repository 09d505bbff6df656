namespace PluginNode.Loading;

[TestFixture]
internal sealed class FaultTests
{
    private Stage _stage = null!;

    [SetUp]
    public void SetUp() => _stage = new Stage();

    [TearDown]
    public void TearDown() => _stage.Dispose();

    [Test]
    public void Load_ConfigureThrows_FaultedWithTheText()
    {
        _stage.Add("ThrowingPlugin");
        ExpectOnly(PluginState.Faulted, "OutOfOrderException: out of order");
    }

    [Test]
    public void Load_ConfigureNeverReturns_FaultedAndTheOthersAreLoaded()
    {
        _stage.Add("GoodPlugin");
        _stage.Add("HangingPlugin");
        var plugins = PluginLoader.Load(_stage.Request() with
        {
            Settings = Stage.Settings("hanging", """{"in":"configure"}"""),
            ConfigureWithin = TimeSpan.FromMilliseconds(1500),
        });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugins[0].State, Is.EqualTo(PluginState.Loaded), string.Join(';', plugins[0].Faults));
            Assert.That(plugins[1].State, Is.EqualTo(PluginState.Faulted));
            Assert.That(plugins[1].Faults.Single(), Does.Contain("did not come back"));
        }
    }

    [Test]
    public void Load_ConfigureThrowsWhatCannotBeRead_IsFaultedAllTheSame()
    {
        _stage.Add("ThrowingPlugin");
        var request = _stage.Request() with { Settings = Stage.Settings("throwing", """{"hostile":true}""") };
        var plugin = PluginLoader.Load(request).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Faulted));
            Assert.That(plugin.Faults.Single(), Does.Contain("OutOfOrderException"));
        }
    }

    [Test]
    public void Load_WrongSettings_OneFaultForEachProblemWithItsKey()
    {
        _stage.Add("StrictPlugin");
        var request = _stage.Request() with
        {
            Settings = Stage.Settings("strict", """{"size":"big","colour":"red"}"""),
        };
        var plugin = PluginLoader.Load(request).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Faulted));
            Assert.That(plugin.Faults, Has.Count.EqualTo(2));
            Assert.That(plugin.Faults, Has.One.StartsWith("plugins.settings.strict.size: "));
            Assert.That(plugin.Faults, Has.One.StartsWith("plugins.settings.strict.colour: unknown key"));
        }
    }

    [Test]
    public async Task Load_RightSettings_AreUsed()
    {
        _stage.Add("StrictPlugin");
        var request = _stage.Request() with { Settings = Stage.Settings("strict", """{"size":7}""") };
        await using var plugin = PluginLoader.Load(request).Single();
        Assert.That(plugin.Says(), Does.Contain("Size = 7"));
    }

    [Test]
    public void Load_NewerMinorContracts_RefusedNamingBothVersions()
    {
        _stage.Add("NewerMinorPlugin");
        var plugin = ExpectOnly(PluginState.Refused, "0.9.0");
        Assert.That(plugin.Faults.Single(), Does.Contain(HostContracts));
    }

    [Test]
    public void Load_OtherMajorContracts_RefusedNamingBothVersions()
    {
        _stage.Add("OtherMajorPlugin");
        var plugin = ExpectOnly(PluginState.Refused, "2.0.0");
        Assert.That(plugin.Faults.Single(), Does.Contain(HostContracts));
    }

    [Test]
    public void Load_NotAnAssembly_Faulted()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_stage.Plugins, "Text")).FullName;
        File.WriteAllText(Path.Combine(folder, "Text.dll"), "no assembly");
        ExpectOnly(PluginState.Faulted, "cannot be read as a .NET assembly");
    }

    [Test]
    public void Load_CutOff_Faulted([Values(0, 100, 700, 2000)] int length)
    {
        var dll = Path.Combine(_stage.Add("GoodPlugin"), "GoodPlugin.dll");
        File.WriteAllBytes(dll, File.ReadAllBytes(dll)[..length]);
        var plugin = _stage.Load().Single();
        Assert.That(plugin.State, Is.EqualTo(PluginState.Faulted));
    }

    [Test]
    public void Load_NoAttribute_Faulted()
    {
        _stage.Add("DependencyPluginOne", "PrivateDependency", mainFile: "PrivateDependency");
        ExpectOnly(PluginState.Faulted, "it is not a plugin");
    }

    [Test]
    public void Load_EntryIsNoPlugin_FaultedNamingIt()
    {
        _stage.Add("NoEntryPlugin");
        ExpectOnly(PluginState.Faulted, "NoEntryPlugin.NotAPlugin");
    }

    [Test]
    public void Load_DamagedDependencyList_Faulted()
    {
        var folder = _stage.Add("GoodPlugin");
        File.WriteAllText(Path.Combine(folder, "GoodPlugin.deps.json"), "{ no json");
        Assert.That(_stage.Load().Single().State, Is.EqualTo(PluginState.Faulted));
    }

    [Test]
    public void Load_MissingPrivateDependency_IsItsOwnFaultOnly()
    {
        var folder = _stage.Add("DependencyPluginOne");
        File.Delete(Path.Combine(folder, "PrivateDependency.dll"));
        _stage.Add("GoodPlugin");
        Assert.That(_stage.Load().Single(p => p.Id == "good").State, Is.EqualTo(PluginState.Loaded));
    }

    [Test]
    public void Load_SubFolderWithoutItsDll_FaultedUnderTheFoldersName()
    {
        Directory.CreateDirectory(Path.Combine(_stage.Plugins, "Empty"));
        var plugin = ExpectOnly(PluginState.Faulted, "There is no Empty.dll");
        Assert.That(plugin.Id, Is.EqualTo("Empty"));
    }

    [Test]
    public async Task Load_SameIdTwice_TheSecondFolderIsFaulted()
    {
        _stage.Add("GoodPlugin");
        _stage.Add("GoodPlugin", "AnotherPlugin");
        var plugins = _stage.Load();
        await using var first = plugins[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugins.Select(p => p.Id), Is.EqualTo(["good", "good"]));
            Assert.That(first.State, Is.EqualTo(PluginState.Loaded), string.Join('\n', first.Faults));
            Assert.That(plugins[1].State, Is.EqualTo(PluginState.Faulted));
            Assert.That(plugins[1].Faults.Single(), Does.Contain("'good'").And.Contain("GoodPlugin"));
        }
    }

    private static string HostContracts => typeof(Plugins.IPlugin).Assembly.GetName().Version!.ToString(3);

    private LoadedPlugin ExpectOnly(PluginState state, string text)
    {
        var plugin = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(state));
            Assert.That(plugin.Faults.Single(), Does.Contain(text));
            Assert.That(plugin.Services, Is.Null);
        }
        return plugin;
    }
}
