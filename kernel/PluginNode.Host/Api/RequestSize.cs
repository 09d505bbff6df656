using Microsoft.AspNetCore.Http.Metadata;

namespace PluginNode.Api;

/// <summary>How large a route's request body may be, in bytes.</summary>
internal sealed record RequestSize(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>Everything but sends.</summary>
    public const long Small = 1 << 20;

    /// <summary>A whole batch; it is read line by line.</summary>
    public static readonly RequestSize Batch = new(1L << 30);

    /// <summary>One message with that payload: base64, or text of which every character is escaped, and the
    /// rest.</summary>
    public static long OfMessage(int payload) => (payload * 6L) + Small;

    /// <summary>The route that takes one such message.</summary>
    public static RequestSize Message(int payload) => new(OfMessage(payload));
}
