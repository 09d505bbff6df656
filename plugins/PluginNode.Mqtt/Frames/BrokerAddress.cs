using System.Diagnostics.CodeAnalysis;

namespace PluginNode.Mqtt.Frames;

/// <summary>Where a broker is: <c>mqtt://host[:port]</c>, or <c>mqtts://host[:port]</c> for TLS.</summary>
internal sealed record BrokerAddress(string Host, int Port, bool IsSecure)
{
    private const int PlainPort = 1883;
    private const int SecurePort = 8883;

    public static bool TryParse(string text, [NotNullWhen(true)] out BrokerAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("mqtt" or "mqtts")) return false;
        if (uri.PathAndQuery is not ("" or "/") || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return false;
        if (uri.IdnHost.Length == 0 || uri.Port == 0) return false;
        var secure = uri.Scheme == "mqtts";
        address = new BrokerAddress(uri.IdnHost, uri.Port > 0 ? uri.Port : secure ? SecurePort : PlainPort, secure);
        return true;
    }
}
