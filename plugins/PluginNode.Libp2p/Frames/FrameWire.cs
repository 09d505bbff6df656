using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>Names and limits of the frames' protocol; the README describes it.</summary>
internal static class FrameWire
{
    /// <summary>The protocol's id.</summary>
    public const string Protocol = "/pluginnode/frames/1.0.0";

    /// <summary>Frames in one batch.</summary>
    public const int MaxFrames = 4096;

    /// <summary>The least that a node may limit batches to, in bytes.</summary>
    public const int LeastBatch = 4096;

    /// <summary>Characters of a reason.</summary>
    public const int MaxReason = ReasonLine.Most;

    /// <summary>Bytes a second that a batch must make on the whole. One figure for both ends: the sender waits as long
    /// as the receiver goes on reading.</summary>
    public const int MinRate = 16 * 1024;

    /// <summary>How long a batch of so many bytes may be on its way.</summary>
    public static TimeSpan TimeOf(long bytes) => TimeSpan.FromSeconds((double)bytes / MinRate);

    /// <summary>The time of a peer; null where the number is none that this century has.</summary>
    public static DateTimeOffset? ToTime(long milliseconds) => milliseconds is >= 0 and < 1L << 42
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : null;

    /// <summary>The same outcome for all frames from one on.</summary>
    public static IReadOnlyList<SendOutcome> Retry(
        SendOutcome[] outcomes, IReadOnlyList<Frame> frames, int first, string reason)
    {
        for (var i = first; i < outcomes.Length; i++)
            outcomes[i] = new SendOutcome(frames[i].Id, SendStatus.Retry, ReasonLine.Of(reason));
        return outcomes;
    }
}
