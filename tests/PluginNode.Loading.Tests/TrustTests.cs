namespace PluginNode.Loading;

[TestFixture]
internal sealed class TrustTests
{
    private Stage _stage = null!;
    private string _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _stage = new Stage();
        _folder = _stage.Add("GoodPlugin");
    }

    [TearDown]
    public void TearDown() => _stage.Dispose();

    [Test]
    public async Task Load_RightPin_IsLoaded()
    {
        await using var plugin = PluginLoader.Load(Pinned(ContentHash.Of(_folder).ToUpperInvariant())).Single();
        Assert.That(plugin.State, Is.EqualTo(PluginState.Loaded), string.Join('\n', plugin.Faults));
    }

    [Test]
    public void Load_NotPinned_RefusedNamingTheHash()
    {
        var plugin = PluginLoader.Load(_stage.Request() with { Trust = "pinned" }).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Refused));
            Assert.That(plugin.Faults.Single(), Does.Contain(ContentHash.Of(_folder)));
        }
    }

    [Test]
    public void Load_WrongPin_RefusedAndNothingIsCopied()
    {
        var plugin = PluginLoader.Load(Pinned(new string('0', 64))).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Refused));
            Assert.That(_stage.Run, Does.Not.Exist);
        }
    }

    [Test]
    public void Load_AFileMoreThanPinned_Refused()
    {
        var request = Pinned(ContentHash.Of(_folder));
        File.WriteAllText(Path.Combine(_folder, "more.txt"), "");
        Assert.That(PluginLoader.Load(request).Single().State, Is.EqualTo(PluginState.Refused));
    }

    [Test]
    public void Load_UnknownTrust_IsTheCallersBug() =>
        Assert.That(() => PluginLoader.Load(_stage.Request() with { Trust = "Pinned" }), Throws.ArgumentException);

    [TestCase("GoodPlugin.dll"), TestCase("GoodPlugin.deps.json"), TestCase("")]
    [Platform(Exclude = "Win")]
    public void Load_OthersMayWriteIt_FaultedSayingWhatToRun(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var open = Path.Combine(_folder, path);
        File.SetUnixFileMode(open, File.GetUnixFileMode(open) | UnixFileMode.GroupWrite);
        var plugin = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Faulted));
            Assert.That(plugin.Faults.Single(), Does.Contain($"chmod -R go-w {_folder}"));
        }
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Load_OthersMayWriteTheFolderOfPlugins_FaultedSayingWhatToRun()
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_stage.Plugins, File.GetUnixFileMode(_stage.Plugins) | UnixFileMode.OtherWrite);
        var plugin = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Faulted));
            Assert.That(plugin.Faults.Single(), Does.Contain($"chmod go-w {_stage.Plugins}"));
        }
    }

    private PluginLoadRequest Pinned(string hash) => _stage.Request() with
    {
        Trust = "pinned",
        Pins = new Dictionary<string, string>(StringComparer.Ordinal) { ["good"] = hash },
    };
}
