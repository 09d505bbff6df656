using System.Runtime.CompilerServices;
using NUnit.Framework;
using PluginNode.Plugins;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>From the start to the unloading.</summary>
public abstract partial class PluginConformance
{
    private readonly List<PluginLife> _lives = [];

    /// <summary>Stopping what never started does nothing and leaves nothing.</summary>
    [Test]
    public async Task Stop_NeverStarted_DoesNothing()
    {
        var life = NeedsALife(Configure(Plugin.Settings));
        await life.StopAsync();
        foreach (var store in life.Stores) await store.DisposeAsync();
        Assert.That((_bench.Host.Calls, _bench.Files, _bench.Clock.Timers), Is.EqualTo((0, Array.Empty<string>(), 0)));
    }

    /// <summary>Stopping twice is stopping once.</summary>
    [Test]
    public async Task Stop_Twice_DoesNothing()
    {
        var life = NeedsALife(Configure(Plugin.Settings));
        await life.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            await life.StopAsync();
            foreach (var store in life.Stores) await store.DisposeAsync();
        }
    }

    /// <summary>A start that fails says so, harms nobody and holds nothing: as soon as what was in its way is gone,
    /// the same settings start.</summary>
    [Test]
    public async Task Start_Fails_LeavesNothing()
    {
        var first = NeedsALife(Configure(Plugin.Settings));
        await first.StartAsync();
        var taken = SettingsInTheWayOf(first);

        var (second, timers) = (Configure(taken), _bench.Clock.Timers);
        await FailsToStartAsync(second);
        Assert.That(_bench.Clock.Timers, Is.EqualTo(timers), "a failed start must leave no timer");
        await second.StopAsync();
        await second.DisposeAsync();
        await WorksAsync(first);

        await first.StopAsync();
        await first.DisposeAsync();
        var third = Configure(taken);
        await third.StartAsync();
        await WorksAsync(third);
    }

    /// <summary>After it is stopped there is no call to the host, no line in the log and no timer, however late it
    /// gets.</summary>
    [Test]
    public async Task Stop_Completed_NothingGoesOn()
    {
        var life = NeedsALife(Configure(Plugin.Settings));
        await life.StartAsync();
        await WorksAsync(life);
        await life.StopAsync();
        await life.DisposeAsync();
        var (calls, lines) = (_bench.Host.Calls, _bench.Logs.Lines.Count);
        for (var hour = 0; hour < 24; hour++)
        {
            _bench.Clock.Advance(TimeSpan.FromHours(1));
            await Task.Yield();
        }
        Assert.That(_bench.Host.Calls, Is.EqualTo(calls), "calls to the host");
        Assert.That(_bench.Logs.Lines.Skip(lines).Select(l => l.Text), Is.Empty, "lines in the log");
        Assert.That(_bench.Clock.Timers, Is.Zero, "timers");
    }

    /// <summary>What says that it can be unloaded leaves nothing in memory once it was used and stopped.</summary>
    [Test]
    public async Task Unload_UsedAndStopped_NothingStays()
    {
        if (Plugin.Unload != UnloadSupport.Supported) Assert.Ignore("Its attribute says that it needs a restart.");
        var context = await LoadAndUseAsync();
        for (var i = 0; i < 50 && context.IsAlive; i++)
        {
            await Task.Yield(); // on a stack without the plugin's frames
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(context.IsAlive, Is.False, "something still holds the plugin");
    }

    // Frames of their own: what they touched must not stay referenced from the law's frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> LoadAndUseAsync()
    {
        var context = new PrivateContext(Plugin.Dll);
        await UseOnceAsync(context);
        context.Unload();
        return new WeakReference(context);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task UseOnceAsync(PrivateContext context)
    {
        var plugin = context.Create(Plugin.Entry.FullName!);
        Assert.That(plugin.GetType(), Is.Not.EqualTo(Plugin.Entry), "it must be the one that was loaded here");
        await using var life = _bench.Configure(plugin, Plugin.Settings);
        await life.StartAsync();
        await WorksAsync(life);
        await life.StopAsync();
    }

    private async Task WorksAsync(PluginLife life) => Assert.That(
        (await life.UseAsync(Plugin.AddressOf)).Select(o => o.Status), Is.All.Not.EqualTo(SendStatus.Retry),
        "what it sends to itself must arrive");

    private static PluginLife NeedsALife(PluginLife life)
    {
        if (life.Transports.Count + life.Stores.Count == 0)
            Assert.Ignore("It provides nothing that is started and stopped.");
        return life;
    }

    // A store collides with another one in the same folder, by the same settings.
    private string SettingsInTheWayOf(PluginLife first)
    {
        if (first.Transports.Count == 0) return Plugin.Settings;
        if (Plugin.SettingsThatCollide is not { } settings || Plugin.AddressOf is not { } addressOf)
        {
            Assert.Ignore("The case knows no settings that cannot start.");
            return "";
        }
        return settings(addressOf(first.Transports[0]));
    }

    private static async Task FailsToStartAsync(PluginLife life)
    {
        try
        {
            await life.StartAsync();
        }
        catch (Exception e)
        {
            var kind = life.Transports.Count > 0 ? typeof(TransportException) : typeof(StoreException);
            Assert.That(e, Is.InstanceOf(kind).With.Message.Not.Empty);
            return;
        }
        Assert.Fail("It started, although what it needs is taken.");
    }

    private PluginLife Configure(string settings)
    {
        var life = _bench.Configure((IPlugin)Activator.CreateInstance(Plugin.Entry)!, settings);
        _lives.Add(life);
        return life;
    }
}
