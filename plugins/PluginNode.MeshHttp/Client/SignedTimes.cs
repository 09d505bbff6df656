namespace PluginNode.MeshHttp.Client;

/// <summary>Milliseconds to sign requests with: never the same twice, as nara's request signatures hold nothing else
/// that differs. Callable from any thread.</summary>
internal sealed class SignedTimes(TimeProvider time)
{
    private const long Most = 1000;

    private readonly Lock _lock = new();
    private long _last;

    /// <summary>The wall clock, or a little ahead of it. A clock that was set back is followed.</summary>
    public long Next()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock) return _last = now <= _last && _last - now < Most ? _last + 1 : now;
    }
}
