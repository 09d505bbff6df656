using PluginNode.Transports;

namespace PluginNode.Peering;

/// <summary>What a peer says of a request, as one byte. Written out: the order of the enumeration is no part of the
/// wire, and what only the asking end can find has no byte.</summary>
internal static class RequestCode
{
    public static byte Of(RequestStatus status) => status switch
    {
        RequestStatus.Answered => 1,
        RequestStatus.Unsupported => 2,
        RequestStatus.Busy => 4,
        RequestStatus.TooLarge => 5,
        _ => 3,
    };

    /// <summary>Null for a byte that says nothing.</summary>
    public static RequestStatus? Read(byte value) => value switch
    {
        1 => RequestStatus.Answered,
        2 => RequestStatus.Unsupported,
        3 => RequestStatus.Refused,
        4 => RequestStatus.Busy,
        5 => RequestStatus.TooLarge,
        _ => null,
    };
}
