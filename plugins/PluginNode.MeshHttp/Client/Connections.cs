using System.Net;

namespace PluginNode.MeshHttp.Client;

/// <summary>How connections to peers are made and kept, whatever goes over them.</summary>
internal static class Connections
{
    public static SocketsHttpHandler Make(MeshHttpOptions options) => new()
    {
        // further requests wait for one that is free
        MaxConnectionsPerServer = 8,
        ConnectTimeout = options.ConnectLimit,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        // names are looked up again now and then
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        // what comes compressed is bounded and timed by who asked for it
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 8,
    };
}
