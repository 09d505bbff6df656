using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class UnloadTests
{
    [Test]
    public async Task Plugin_UsedAndStopped_CanBeUnloaded()
    {
        var context = await UseAsync();

        for (var i = 0; i < 50 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        Assert.That(context.IsAlive, Is.False);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAsync()
    {
        var context = new PrivateContext(typeof(MeshHttpPlugin).Assembly.Location);
        var weak = new WeakReference(context);
        await RunAsync(context);
        context.Unload();
        return weak;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task RunAsync(PrivateContext context)
    {
        var ring = new KeyRing();
        var signer = ring.NewSigner();
        var peers = new PeerList();
        peers.Add(signer.Self);
        using var json = JsonDocument.Parse("""{ "listen": "http://127.0.0.1:0" }""");
        var builder = new SomeBuilder(json.RootElement);
        builder.Services.AddSingleton<ISigner>(signer).AddSingleton<IPeerDirectory>(peers)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IChance>(new RealChance()).AddSingleton<ILoggerFactory>(new RecordingLoggers());
        context.NewPlugin().Configure(builder);
        await using var services = builder.Services.BuildServiceProvider();
        var transport = services.GetRequiredService<ITransport>();
        await transport.StartAsync(new RecordingHost(), CancellationToken.None);
        var bound = (string)transport.GetType().GetProperty("BoundAddress")!.GetValue(transport)!;

        var outcomes = await transport.SendAsync(
            signer.Self, TestNode.Parse(bound), TestNode.SomeFrames(3), CancellationToken.None);
        await transport.StopAsync(CancellationToken.None);

        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
        Assert.That(transport, Is.Not.InstanceOf<MeshHttpTransport>(), "it must be the privately loaded one");
    }

    private sealed class PrivateContext(string path) : AssemblyLoadContext(isCollectible: true)
    {
        public IPlugin NewPlugin() => (IPlugin)Activator.CreateInstance(
            LoadFromAssemblyPath(path).GetType(typeof(MeshHttpPlugin).FullName!)!)!;

        protected override Assembly? Load(AssemblyName assemblyName) => null;
    }
}
