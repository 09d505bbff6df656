using System.Globalization;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>The wall clock of one node, which can be set while the node runs; its monotonic clock stays as it is.
/// Needs the library of Debian's package <c>faketime</c>.</summary>
internal sealed class FakeClock
{
    private readonly string _file;

    private FakeClock(string file) => _file = file;

    /// <summary>Puts one under a node that does not run yet, or says why that is not possible here.</summary>
    public static (FakeClock? Clock, string Reason) Under(NodeProcess node)
    {
        var library = Directory.Exists("/usr/lib")
            ? Directory.GetDirectories("/usr/lib").Select(d => Path.Combine(d, "faketime", "libfaketimeMT.so.1"))
                .FirstOrDefault(File.Exists)
            : null;
        if (library is null) return (null, "the package 'faketime' is not installed (apt-get install faketime)");
        var clock = new FakeClock(Path.Combine(node.Folder, "clock"));
        clock.Set(TimeSpan.Zero);
        node.Environment["LD_PRELOAD"] = library;
        node.Environment["FAKETIME_TIMESTAMP_FILE"] = clock._file;
        node.Environment["FAKETIME_CACHE_DURATION"] = "1"; // seconds until the file is read again
        node.Environment["DONT_FAKE_MONOTONIC"] = "1";
        node.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        node.Environment["NO_FAKE_STAT"] = "1";
        // Its mending of waits on the monotonic clock, meant for an older C library, lets every wait return at once.
        node.Environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
        return (clock, "");
    }

    /// <summary>Takes away what the library of a process that has ended left behind.</summary>
    public static void Forget(int processId)
    {
        File.Delete($"/dev/shm/faketime_shm_{processId}");
        File.Delete($"/dev/shm/sem.faketime_sem_{processId}");
    }

    /// <summary>From about a second on, it is that far ahead of the real one; also negative.</summary>
    public void Set(TimeSpan ahead)
    {
        var next = _file + ".next";
        File.WriteAllText(next, ((long)ahead.TotalSeconds).ToString("+0;-0;+0", CultureInfo.InvariantCulture));
        File.Move(next, _file, overwrite: true);
    }
}
