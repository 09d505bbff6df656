namespace PluginNode.Loading;

[TestFixture]
internal sealed class ManifestReaderTests
{
    private Stage _stage = null!;

    [SetUp]
    public void SetUp() => _stage = new Stage();

    [TearDown]
    public void TearDown() => _stage.Dispose();

    [Test]
    public void Read_DamagedAssembly_IsAManifestOrAnErrorOfThatPluginAlone([Range(1, 8)] int seed)
    {
        var dll = Path.Combine(_stage.Add("StrictPlugin"), "StrictPlugin.dll");
        var whole = File.ReadAllBytes(dll);
        var random = new Random(seed);
        var told = 0;
        for (var i = 0; i < 500; i++)
        {
            var bytes = whole.ToArray();
            for (var flips = random.Next(1, 60); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) Array.Resize(ref bytes, random.Next(bytes.Length));
            File.WriteAllBytes(dll, bytes);
            try
            {
                ManifestReader.Read(dll);
            }
            catch (PluginLoadException)
            {
                told++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {i}: {e}");
            }
        }
        Assert.That(told, Is.GreaterThan(10));
    }
}
