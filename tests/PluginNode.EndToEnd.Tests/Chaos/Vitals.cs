using System.Globalization;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>What a process holds at one moment.</summary>
/// <param name="At">Since the run began.</param>
/// <param name="Memory">Resident, in MiB.</param>
/// <param name="Handles">Open files and sockets.</param>
/// <param name="Threads">Threads.</param>
internal sealed record Vitals(TimeSpan At, double Memory, int Handles, int Threads)
{
    /// <summary>Reads them from <c>/proc</c>; null where there is none, or where that process has just ended.</summary>
    public static Vitals? Of(int processId, TimeSpan at)
    {
        try
        {
            var status = File.ReadAllLines($"/proc/{processId}/status");
            return new Vitals(
                at, Number(status, "VmRSS:") / 1024, Directory.GetFiles($"/proc/{processId}/fd").Length,
                (int)Number(status, "Threads:"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Memory:0} MiB, {Handles} handles, {Threads} threads");

    private static double Number(string[] status, string name) =>
        status.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? double.Parse(line[name.Length..].Split("kB")[0], CultureInfo.InvariantCulture)
            : 0;
}
