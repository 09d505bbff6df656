using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PluginNode.MeshHttp;

/// <summary>Logs refused requests once a minute a sender: a hostile one must not fill the log, nor this table.</summary>
internal sealed class RefusalLog(TimeProvider time, ILogger logger)
{
    private const int MostSenders = 1000;

    private readonly ConcurrentDictionary<string, long> _last = new(StringComparer.Ordinal);

    public void Add(string sender, string reason)
    {
        var now = time.GetTimestamp();
        if (_last.TryGetValue(sender, out var last) && time.GetElapsedTime(last, now) < TimeSpan.FromMinutes(1)) return;
        if (_last.Count >= MostSenders) _last.Clear();
        _last[sender] = now;
        LogMessages.Refused(logger, sender, reason);
    }
}
