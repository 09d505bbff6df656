using System.Globalization;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>What a process holds at one moment.</summary>
/// <param name="At">Since the run began.</param>
/// <param name="Memory">Resident, in MiB.</param>
/// <param name="Handles">Open files and sockets but the store's segments.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Segments">Open segments of the store: as many as hold something.</param>
internal sealed record Vitals(TimeSpan At, double Memory, int Handles, int Threads, int Segments = 0)
{
    /// <summary>Reads them from <c>/proc</c>; null where there is none, or where that process has just ended.</summary>
    public static Vitals? Of(int processId, TimeSpan at)
    {
        try
        {
            var status = File.ReadAllLines($"/proc/{processId}/status");
            var handles = Directory.GetFiles($"/proc/{processId}/fd").Select(TargetOf).ToList();
            var segments = handles.Count(h => h.Contains(".seg", StringComparison.Ordinal));
            return new Vitals(
                at, Number(status, "VmRSS:") / 1024, handles.Count - segments, (int)Number(status, "Threads:"),
                segments);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The most memory that a process has ever had resident, in MiB.</summary>
    public static double MostMemoryOf(int processId) =>
        Number(File.ReadAllLines($"/proc/{processId}/status"), "VmHWM:") / 1024;

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Memory:0} MiB, {Handles} handles, {Threads} threads, {Segments} segments");

    // One that was closed meanwhile has none; it is counted as it was found.
    private static string TargetOf(string handle) => new FileInfo(handle).LinkTarget ?? "";

    private static double Number(string[] status, string name) =>
        status.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? double.Parse(line[name.Length..].Split("kB")[0], CultureInfo.InvariantCulture)
            : 0;
}
