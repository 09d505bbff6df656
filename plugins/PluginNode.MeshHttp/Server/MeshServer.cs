using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace PluginNode.MeshHttp.Server;

/// <summary>
/// The HTTP server. Kestrel alone, without the hosting around it: a web host would listen to the process's signals and
/// environment, which are the node's, and hold on to the plugin.
/// </summary>
internal sealed class MeshServer : IHttpApplication<HttpContext>, IDisposable
{
    private readonly MeshNode _node;
    private readonly ILogger _logger;
    private readonly FramesEndpoint _frames;
    private readonly SyncEndpoint? _sync;
    private readonly ITransportHost _host;
    private readonly CallGate _gate;
    private readonly CancellationToken _closing;
    private readonly KestrelServer _kestrel;
    private readonly IPEndPoint _endPoint;
    private readonly string _pingName;
    private readonly string _publicKey;

    public MeshServer(
        MeshHttpOptions options, MeshNode node, SyncDesk? sync, ITransportHost host, CallGate gate,
        CancellationToken closing)
    {
        (_node, _host, _gate, _closing) = (node, host, gate, closing);
        _logger = node.Loggers.CreateLogger<MeshHttpTransport>();
        var answers = new Answers(node.Signer, node.Time);
        var complaints = sync?.Complaints ?? new Complaints(node.Time, _logger);
        var admission = new Admission(options, node, new SessionClock(node.Time), answers, complaints);
        _frames = new FramesEndpoint(options, node, admission, answers, complaints, _logger);
        if (sync is { Parts.Answers: true }) _sync = new SyncEndpoint(options, node, sync, _logger);
        _pingName = options.Name ?? sync?.Parts.Signer.Name ?? node.Signer.Self.ToString();
        _publicKey = Convert.ToBase64String(node.Signer.Self.ToPublicKey());
        if (!ListenAddress.TryParse(options.Listen, out _endPoint))
            throw new TransportException(
                $"plugins.settings.mesh-http.listen: '{options.Listen}' is no address to listen on.");
        var connections = new ConnectionLimit(options.MaxConnectionsPerAddress, node.Time, _logger);
        _kestrel = new KestrelServer(
            Options.Create(Configure(options, _endPoint, connections)),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), node.Loggers),
            node.Loggers);
    }

    /// <summary>Where it listens, as <c>http://host:port</c>, the port being the one that was taken.</summary>
    public string Address => _kestrel.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    /// <exception cref="TransportException">It cannot listen there.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _kestrel.StartAsync(this, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new TransportException(
                $"Cannot listen on {_endPoint}: {e.Message} "
                + "Free the port or change plugins.settings.mesh-http.listen.", e);
        }
        LogMessages.Listening(_logger, Address);
    }

    /// <summary>Ends listening and idle connections, and lets requests finish until cancelled; then they are cut
    /// off.</summary>
    public Task StopAsync(CancellationToken cancellation) => _kestrel.StopAsync(cancellation);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        if (!_gate.TryEnter())
        {
            await Answers.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "stopping");
            return;
        }
        try
        {
            await RouteAsync(context);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or BadHttpRequestException)
        {
            // the peer went away or was too slow; Kestrel answers what still can be
            LogMessages.RequestBroke(_logger, ReasonLine.Of(e.Message));
            if (e is BadHttpRequestException) throw;
            context.Abort();
        }
        finally
        {
            _gate.Leave();
        }
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // a DefaultHttpContext holds nothing
    }

    public void Dispose() => _kestrel.Dispose();

    private static KestrelServerOptions Configure(
        MeshHttpOptions options, IPEndPoint endPoint, ConnectionLimit connections)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        // raised for a request whose head holds: Kestrel reads up what is left of other bodies
        kestrel.Limits.MaxRequestBodySize = 0;
        // read ahead of each connection, whoever it is
        kestrel.Limits.MaxRequestBufferSize = 128 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8192;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(MeshWire.MinBodyRate, TimeSpan.FromSeconds(5));
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        // names are raw UTF-8, both ways
        kestrel.RequestHeaderEncodingSelector = NaraEncodings.Of;
        kestrel.ResponseHeaderEncodingSelector = NaraEncodings.Of;
        kestrel.Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => connections.RunAsync(connection, next));
        });
        return kestrel;
    }

    private Task RouteAsync(HttpContext context) => (context.Request.Method, context.Request.Path.Value) switch
    {
        (MeshWire.Method, MeshWire.FramesPath) => _frames.HandleAsync(context, _host, _closing),
        ("GET", MeshWire.PingPath) => PingAsync(context),
        (_, NaraHead.EventsPath or SyncProof.DaysPath) when _sync is { } sync => sync.HandleAsync(context),
        _ => Answers.RefuseAsync(context, StatusCodes.Status404NotFound, "nothing is here"),
    };

    private Task PingAsync(HttpContext context)
    {
        var nanoseconds = (_node.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        var json = new PingAnswer(
            _pingName, "", _publicKey, nanoseconds, _sync is null ? ["frames"] : ["frames", "sync", "days"]).ToLine();
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json).AsTask();
    }
}
