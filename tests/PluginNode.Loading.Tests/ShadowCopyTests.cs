namespace PluginNode.Loading;

[TestFixture]
internal sealed class ShadowCopyTests
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

    private string Copy => Path.Combine(_stage.Run, "good", ContentHash.Of(_folder));

    [Test]
    public async Task Load_RunsFromACopyNamedByItsContent()
    {
        await using var plugin = _stage.Load().Single();
        var assembly = plugin.Services!.GetService(typeof(Delivery.IDeliveryPolicy))!.GetType().Assembly;
        Assert.That(assembly.Location, Is.EqualTo(Path.Combine(Copy, "GoodPlugin.dll")));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Load_CopyIsTheOwnersOnly_EvenWhereTheRunFolderWasOpen()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(_stage.Run);
        File.SetUnixFileMode(_stage.Run, File.GetUnixFileMode(_stage.Run) | UnixFileMode.OtherWrite);
        await using var plugin = _stage.Load().Single();
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        string[] folders = [_stage.Run, Path.Combine(_stage.Run, "good"), Copy];
        Assert.That(folders.Select(File.GetUnixFileMode), Is.All.EqualTo(owner));
    }

    [Test]
    public async Task Load_Again_UsesTheSameCopy()
    {
        await using (_stage.Load().Single())
        {
        }
        var written = File.GetCreationTimeUtc(Path.Combine(Copy, "GoodPlugin.dll"));
        await using var again = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.State, Is.EqualTo(PluginState.Loaded));
            Assert.That(File.GetCreationTimeUtc(Path.Combine(Copy, "GoodPlugin.dll")), Is.EqualTo(written));
        }
    }

    [Test]
    public async Task Load_DamagedCopy_IsMadeAnew()
    {
        Directory.CreateDirectory(Copy);
        File.WriteAllText(Path.Combine(Copy, "GoodPlugin.dll"), "cut off by a power failure");
        await using var plugin = _stage.Load().Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Loaded), string.Join('\n', plugin.Faults));
            Assert.That(ContentHash.Of(Copy), Is.EqualTo(ContentHash.Of(_folder)));
        }
    }

    [Test]
    public async Task Load_ChangedPlugin_LeavesNoOlderCopy()
    {
        await using (_stage.Load().Single())
        {
        }
        File.WriteAllText(Path.Combine(_folder, "more.txt"), "");
        await using var plugin = _stage.Load().Single();
        Assert.That(Directory.GetDirectories(Path.Combine(_stage.Run, "good")), Is.EqualTo([Copy]));
    }

    [Test]
    public void ContentHash_NamesAndBytes_BothCount()
    {
        var folder = Directory.CreateDirectory(_stage.Base).FullName;
        File.WriteAllText(Path.Combine(folder, "a"), "1");
        var first = ContentHash.Of(folder);
        File.WriteAllText(Path.Combine(folder, "a"), "2");
        var otherBytes = ContentHash.Of(folder);
        File.WriteAllText(Path.Combine(folder, "a"), "1");
        var same = ContentHash.Of(folder);
        File.Move(Path.Combine(folder, "a"), Path.Combine(folder, "b"));
        var otherName = ContentHash.Of(folder);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(same, Is.EqualTo(first).And.Length.EqualTo(64));
            Assert.That(otherBytes, Is.Not.EqualTo(first));
            Assert.That(otherName, Is.Not.EqualTo(first));
        }
    }
}
