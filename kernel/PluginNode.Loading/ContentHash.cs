using System.Security.Cryptography;
using System.Text;

namespace PluginNode.Loading;

/// <summary>
/// Names a plugin folder's content: SHA-256 over, for each file in ordinal order of its path (with <c>/</c>), the
/// path in UTF-8, a zero byte, and the SHA-256 of its bytes. 64 hexadecimal digits.
/// </summary>
public static class ContentHash
{
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Of(string folder)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Files(folder))
        {
            all.AppendData(Encoding.UTF8.GetBytes(path + '\0'));
            using var file = File.OpenRead(Path.Combine(folder, path));
            all.AppendData(SHA256.HashData(file));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    internal static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(p => Path.GetRelativePath(folder, p).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(StringComparer.Ordinal);
}
