using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Identity;

[TestFixture]
public sealed class PrivateFileTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("pluginnode-private-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Create_SomebodyReadsMeanwhile_SeesAllOfItOrNothing()
    {
        var content = new byte[64];
        Array.Fill(content, (byte)'x');
        var paths = Enumerable.Range(0, 200).Select(i => Path.Combine(_folder, $"{i}.token")).ToList();
        var reading = Task.Run(() =>
        {
            var seen = new List<int>();
            foreach (var path in paths)
            {
                while (!File.Exists(path)) Thread.Yield();
                seen.Add(File.ReadAllBytes(path).Length);
            }
            return seen;
        });
        foreach (var path in paths) PrivateFile.Create(path, content);
        Assert.That(await reading, Is.All.EqualTo(content.Length));
        Assert.That(Directory.GetFiles(_folder), Is.EquivalentTo(paths));
    }

    [Test]
    public void Create_OneIsThere_ItStays()
    {
        var path = Path.Combine(_folder, "a", "b.token");
        PrivateFile.Create(path, "first"u8);
        PrivateFile.Create(path, "second"u8);
        Assert.That(File.ReadAllText(path), Is.EqualTo("first"));
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }
}
