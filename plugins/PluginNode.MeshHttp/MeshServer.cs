using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.MeshHttp;

/// <summary>
/// Listens. A call is judged from its headers alone, cheapest check first; its body is read only when its signature
/// holds and its nonce is new.
/// </summary>
internal sealed class MeshServer : IHttpApplication<HttpContext>
{
    /// <summary>425 Too Early (RFC 8470), signed: the timestamp is not acceptable here; the answer carries this node's time.</summary>
    public const int ClockStatus = 425;

    private readonly MeshHttpOptions _options;
    private readonly KestrelServer _kestrel;
    private readonly ILogger _logger;
    private readonly FrameCall _calls;
    private readonly Ping _ping;

    public MeshServer(
        MeshHttpOptions options, ISigner signer, IPeerDirectory peers, ITransportHost host, TimeProvider time,
        ILogger logger)
    {
        (_options, _logger) = (options, logger);
        _ping = new Ping(options.Name.Length > 0 ? options.Name : signer.Self.ToString(), time);
        _calls = new FrameCall(options, signer, peers, host, time, logger);
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = options.MaxBatchBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(5));
        var url = new Uri(options.Listen);
        void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
        if (url.IsLoopback && url.HostNameType == UriHostNameType.Dns && url.Port != 0)
            kestrel.ListenLocalhost(url.Port, Http1);
        else kestrel.Listen(AddressOf(url), url.Port, Http1);
        _kestrel = new KestrelServer(
            Options.Create(kestrel),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    public Uri? Address { get; private set; }

    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _kestrel.StartAsync(this, cancellation);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            _kestrel.Dispose();
            throw new TransportException(
                $"Mesh HTTP cannot listen on {_options.Listen}: {e.Message} "
                + "Free the port, or choose another with plugins.settings.mesh-http.listen.", e);
        }
        Address = new Uri(_kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        LogMessages.Listening(_logger, Address.ToString());
    }

    public async Task StopAsync(CancellationToken cancellation)
    {
        await _kestrel.StopAsync(cancellation);
        _kestrel.Dispose();
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path.Value);
        if (path == "/ping" && HttpMethods.IsGet(method)) await _ping.AnswerAsync(context.Response);
        else if (path == MeshHeaders.FramesPath && HttpMethods.IsPost(method)) await _calls.AnswerAsync(context);
        else context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing is kept for a request beyond its processing.
    }

    private static IPAddress AddressOf(Uri url)
    {
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address)) return address;
        return url.IsLoopback ? IPAddress.Loopback : throw new TransportException(
            $"Mesh HTTP cannot listen on '{url.Host}': plugins.settings.mesh-http.listen needs an IP address or localhost.");
    }
}
