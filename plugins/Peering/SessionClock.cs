namespace PluginNode.Peering;

/// <summary>
/// Milliseconds since 1970, read once from the wall clock and steady from then on. Freshness is judged by it: were the
/// wall clock used, setting it back would make requests fresh again whose nonces are forgotten.
/// </summary>
internal sealed class SessionClock(TimeProvider time)
{
    private readonly long _ticks = time.GetTimestamp();

    /// <summary>When the transport was made. Nonces of before are not known, so nothing older is taken.</summary>
    public long Start { get; } = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whether these milliseconds are a date: the year 1 to 9999.</summary>
    public static bool IsTime(long milliseconds) => milliseconds is >= -62_135_596_800_000 and <= 253_402_300_799_999;

    public long Now => Start + (long)time.GetElapsedTime(_ticks).TotalMilliseconds;
}
