using System.Net;

namespace PluginNode.MeshHttp;

/// <summary>Reads the addresses of settings and of peers.</summary>
internal static class ListenAddress
{
    private const string MeshScheme = "mesh+http";

    /// <summary>Reads <c>http://host:port</c>, the host being an address of this machine.
    /// No name is looked up.</summary>
    public static bool TryParse(string text, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.Any, 0);
        // a URI knows no host "*"
        var all = text.StartsWith("http://*:", StringComparison.Ordinal);
        if (all) text = string.Concat("http://0.0.0.0:", text.AsSpan("http://*:".Length));
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !IsPlain(uri)) return false;
        var local = uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
        if (!IPAddress.TryParse(local ? "127.0.0.1" : uri.Host, out var address)) return false;
        endPoint = new IPEndPoint(address, uri.Port);
        return true;
    }

    /// <summary>Turns a peer's <c>mesh+http://host:port</c> into the URL
    /// that frames are posted to; null for anything else.</summary>
    public static Uri? ToUrl(string address, string path) =>
        address.StartsWith(MeshScheme, StringComparison.OrdinalIgnoreCase)
        && Uri.TryCreate(string.Concat("http", address.AsSpan(MeshScheme.Length)), UriKind.Absolute, out var uri)
        && IsPlain(uri) && uri.Port > 0
            ? new Uri(uri, path)
            : null;

    private static bool IsPlain(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttp && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
        && uri.Fragment.Length == 0 && uri.Host.Length > 0;
}
