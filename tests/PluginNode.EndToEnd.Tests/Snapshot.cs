using System.Security.Cryptography;

namespace PluginNode.EndToEnd.Tests;

/// <summary>What lies in a folder: names, modes and contents, one line each.</summary>
internal static class Snapshot
{
    /// <summary>Of the whole folder but what begins with one of those.</summary>
    public static List<string> Of(string folder, params string[] without)
    {
        var entries = Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories);
        return
        [
            .. entries.Select(e => (Path: e, Name: Path.GetRelativePath(folder, e)))
                .Where(e => !without.Any(w => e.Name.StartsWith(w, StringComparison.Ordinal)))
                .OrderBy(e => e.Name, StringComparer.Ordinal)
                .Select(e => $"{e.Name} {Mode(e.Path)} {Content(e.Path)}"),
        ];
    }

    private static string Mode(string path) =>
        OperatingSystem.IsWindows() ? "" : File.GetUnixFileMode(path).ToString();

    private static string Content(string path)
    {
        if (Directory.Exists(path)) return "folder";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
