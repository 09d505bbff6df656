using System.Net;
using Microsoft.Net.Http.Headers;

namespace PluginNode.Api;

/// <summary>
/// Stands before every route. The Host header must name this node, so that a web page can't reach it through a name of
/// its own (DNS rebinding); an Origin must be the API's own, so that a web page elsewhere can't use it; and all but
/// health and metrics need the token.
/// </summary>
internal sealed class ApiGuard(RequestDelegate next, ApiToken token, Uri listen)
{
    private static readonly PathString[] Open = ["/health", "/metrics"];

    private readonly HashSet<string> _hosts =
        new(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "[::1]", listen.Host };

    private readonly bool _anyAddress = listen.Host is "0.0.0.0" or "[::]";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsOurs(request.Host.Host))
            return ProblemBody.Of(StatusCodes.Status421MisdirectedRequest, "the Host header names another machine")
                .WriteAsync(context);
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !string.Equals(origin, $"http://{request.Host}", StringComparison.OrdinalIgnoreCase))
            return ProblemBody.Of(StatusCodes.Status403Forbidden, "requests of other web pages are not taken")
                .WriteAsync(context);
        var open = Array.Exists(Open, path => request.Path.StartsWithSegments(path, StringComparison.Ordinal));
        if (open || token.Opens(request.Headers.Authorization)) return next(context);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return ProblemBody.Of(StatusCodes.Status401Unauthorized,
            $"the header '{HeaderNames.Authorization}: Bearer …' with the token of api.tokenFile is needed").WriteAsync(context);
    }

    // An address can't be rebound by a name server, so any is fine where the node listens on all of its own.
    private bool IsOurs(string host) =>
        _hosts.Contains(host)
        || (_anyAddress && (IPAddress.TryParse(host.Trim('[', ']'), out _)
            || string.Equals(host, Environment.MachineName, StringComparison.OrdinalIgnoreCase)));
}
