using System.Runtime.CompilerServices;

namespace PluginNode.Loading;

[TestFixture]
internal sealed class UnloadTests
{
    private Stage _stage = null!;

    [SetUp]
    public void SetUp() => _stage = new Stage();

    [TearDown]
    public void TearDown() => _stage.Dispose();

    [TestCase("GoodPlugin"), TestCase("StrictPlugin"), TestCase("DependencyPluginTwo"), TestCase("ContractsCopyPlugin")]
    public async Task DisposeAsync_UsedPlugin_NothingOfItStays(string fixture)
    {
        _stage.Add(fixture);
        var plugin = LoadAndUse();
        await plugin.DisposeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Unloaded));
            Assert.That(plugin.Unloaded, Is.True);
            Assert.That(plugin.Services, Is.Null);
        }
    }

    [Test]
    public async Task DisposeAsync_SomethingHoldsThePlugin_IsLeaked()
    {
        _stage.Add("LeakingPlugin");
        var plugin = LoadAndUse();
        await plugin.DisposeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.State, Is.EqualTo(PluginState.Leaked));
            Assert.That(plugin.Unloaded, Is.False);
        }
    }

    [Test]
    public async Task DisposeAsync_ThePluginThrows_ItsTextIsThrownAndItIsUnloaded()
    {
        _stage.Add("FaultyDisposalPlugin");
        var plugin = LoadAndUse();
        string? message = null;
        try
        {
            await plugin.DisposeAsync();
        }
        catch (PluginLoadException e)
        {
            message = e.Message;
        }
        using (Assert.EnterMultipleScope())
        {
            Assert.That(message, Is.EqualTo("StuckException: it is stuck"));
            Assert.That(plugin.State, Is.EqualTo(PluginState.Unloaded));
        }
    }

    [Test]
    public async Task DisposeAsync_Twice_ChangesNothing()
    {
        _stage.Add("GoodPlugin");
        var plugin = LoadAndUse();
        await plugin.DisposeAsync();
        await plugin.DisposeAsync();
        Assert.That(plugin.Unloaded, Is.True);
    }

    [Test]
    public void Load_ConfigureThrew_NothingOfThePluginStays()
    {
        _stage.Add("ThrowingPlugin");
        var plugin = _stage.Load().Single();
        for (var i = 0; i < 10 && IsInMemory("ThrowingPlugin"); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plugin.Faults, Is.Not.Empty);
            Assert.That(IsInMemory("ThrowingPlugin"), Is.False);
        }
    }

    // Frames of their own: what they touched must not stay referenced from the test's frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private LoadedPlugin LoadAndUse()
    {
        var plugin = _stage.Load().Single();
        Assert.That(plugin.State, Is.EqualTo(PluginState.Loaded), string.Join('\n', plugin.Faults));
        Assert.That(plugin.Says(), Is.Not.Empty);
        return plugin;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsInMemory(string assembly) =>
        AppDomain.CurrentDomain.GetAssemblies().Any(a => a.GetName().Name == assembly);
}
