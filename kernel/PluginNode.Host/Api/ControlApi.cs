using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PluginNode.Composition;

namespace PluginNode.Api;

/// <summary>The control API: an HTTP/1.1 server of its own, which knows nothing of the process around it.</summary>
internal sealed class ControlApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ControlApi(WebApplication app) => _app = app;

    /// <summary>Where it listens, with the real port.</summary>
    public Uri Address => new(
        _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>Begins to listen.</summary>
    /// <exception cref="StartException">It can't listen there.</exception>
    public static async Task<ControlApi> StartAsync(
        RunningNode node, ApiToken token, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var app = Build(node, token, loggers);
        try
        {
            await app.StartAsync(cancellation);
            return new ControlApi(app);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            var address = node.Settings.Listen.GetLeftPart(UriPartial.Authority);
            throw new StartException(e.InnerException is AddressInUseException
                ? $"api.listen: {address} is in use. Stop what listens there, or name another address"
                : $"api.listen: can't listen on {address}: {e.Message.TrimEnd('.')}. Name another address");
        }
    }

    /// <summary>Ends listening; requests under way get until <paramref name="cancellation"/>, long polls end at
    /// once.</summary>
    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplication Build(RunningNode node, ApiToken token, ILoggerFactory loggers)
    {
        var listen = node.Settings.Listen;
        // Empty: neither environment variables nor files of the working folder have a say in it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "pluginnode" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, listen));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(node);
        builder.Services.AddOpenApi(RouteDocumentation.Configure);
        builder.Services.PostConfigure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(
            o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Wire));

        var app = builder.Build();
        app.UseMiddleware<ApiErrors>();
        app.UseMiddleware<ApiGuard>(token, listen);
        app.UseRouting();
        MessageRoutes.Map(app, RequestSize.Message(node.Settings.Kernel.Limits.Payload));
        BatchRoute.Map(app);
        DeadLetterRoutes.Map(app);
        InboxRoutes.Map(app);
        EventRoutes.Map(app);
        RecoveryRoutes.Map(app);
        PeerRoutes.Map(app);
        PluginRoutes.Map(app);
        ClockRoutes.Map(app);
        HealthRoutes.Map(app);
        app.MapOpenApi();
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, Uri listen)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestSize.Small;
        kestrel.Limits.MaxConcurrentConnections = 1024;
        void Http1(ListenOptions options) => options.Protocols = HttpProtocols.Http1;
        if (listen.Host == "localhost" && listen.Port != 0) kestrel.ListenLocalhost(listen.Port, Http1);
        else if (listen.Host == "localhost") kestrel.Listen(System.Net.IPAddress.Loopback, 0, Http1);
        else kestrel.Listen(System.Net.IPAddress.Parse(listen.DnsSafeHost), listen.Port, Http1);
    }

    /// <summary>Signals are the node's: it stops the API in its turn.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
