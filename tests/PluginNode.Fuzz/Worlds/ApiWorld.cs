using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Api;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Events;

namespace PluginNode.Fuzz.Worlds;

/// <summary>What the control API answered.</summary>
internal sealed record ApiAnswer(int Status, string? ContentType, byte[] Body);

/// <summary>The routes of the control API over a kernel of their own, called without a socket. For one thread: the
/// routes are built once and see the node that was opened last.</summary>
internal sealed class ApiWorld : IAsyncDisposable
{
    private static readonly FaultLog Faults = new();
    private static readonly NodeSettings Settings = Configure();
    private static readonly ServiceProvider Services = Provide();
    private static readonly RequestDelegate Routes = Build();
    private static RunningNode? _node;

    private readonly KernelWorld _world;

    private ApiWorld(KernelWorld world) => _world = world;

    public NodeKernel Kernel => _world.Kernel;

    public static async Task<ApiWorld> OpenAsync(MemoryDisk disk)
    {
        var world = await KernelWorld.OpenAsync(disk, Settings.Kernel);
        var none = new PluginSet([], NullLogger.Instance);
        _node = new RunningNode(Settings, world.Kernel, none, new EventKinds(), Machine.StandingTime.Instance);
        return new ApiWorld(world);
    }

    public async Task<ApiAnswer> CallAsync(string method, string path, byte[] body)
    {
        await using var scope = Services.CreateAsyncScope();
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Request.Method = method;
        context.Request.Path = new PathString(path); // decoded, as the server hands it over
        context.Request.Body = new MemoryStream(body, writable: false);
        context.Request.ContentLength = body.Length;
        context.Response.Body = answer;
        await Routes(context);
        await context.Response.CompleteAsync();
        Faults.AssertNone();
        return new ApiAnswer(context.Response.StatusCode, context.Response.ContentType, answer.ToArray());
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static NodeSettings Configure()
    {
        using var folder = new TemporaryFolder();
        var file = folder["plugins.json"];
        var key = Convert.ToBase64String(SomeNodes.Sender.Self.ToPublicKey());
        File.WriteAllText(file, $$"""
            { "delivery": { "protocols": { "/c": "critical", "/m": "moderate" }, "limits": { "payload": "4KiB" } },
              "peers": [ { "name": "beta", "publicKey": "{{key}}" } ] }
            """);
        return ConfigurationFile.Read(file, new Dictionary<string, string>(StringComparer.Ordinal));
    }

    private static ServiceProvider Provide()
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(Faults);
        services.AddLogging();
        services.AddRouting();
        services.AddSingleton(new DiagnosticListener("fuzz"));
        services.AddTransient(_ => _node!);
        services.PostConfigure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Wire));
        return services.BuildServiceProvider();
    }

    private static RequestDelegate Build()
    {
        var app = new ApplicationBuilder(Services);
        app.UseMiddleware<ApiErrors>();
        app.UseRouting();
        app.UseEndpoints(routes =>
        {
            MessageRoutes.Map(routes, RequestSize.Message(Settings.Kernel.Limits.Payload));
            BatchRoute.Map(routes);
            InboxRoutes.Map(routes);
            PeerRoutes.Map(routes);
        });
        return app.Build();
    }
}
