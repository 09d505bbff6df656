using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Composition;
using PluginNode.Identity;

namespace PluginNode.Api;

/// <summary>The bearer token that opens the control API: 32 random bytes, in a file that only its owner
/// reads.</summary>
public sealed class ApiToken
{
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    private readonly byte[] _bytes;

    private ApiToken(string text)
    {
        Text = text;
        _bytes = Encoding.UTF8.GetBytes(text);
    }

    /// <summary>The token, as it stands behind <c>Bearer</c>.</summary>
    public string Text { get; }

    /// <summary>Reads the file, and makes it where there is none.</summary>
    /// <exception cref="StartException">It can't be read or written, or holds no token; the message names the
    /// key.</exception>
    public static ApiToken LoadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path)) PrivateFile.Create(path, Fresh());
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
                throw new StartException($"api.tokenFile: {path} may be read or written by others. Run: chmod 600 {path}");
            return Load(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"api.tokenFile: {path} can't be read or written: {e.Message}");
        }
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="StartException">It holds no token.</exception>
    public static ApiToken Load(string path)
    {
        var text = File.ReadAllText(path).Trim();
        return text.Length is >= 32 and <= 512 && text.All(c => c is > ' ' and < (char)127)
            ? new ApiToken(text)
            : throw new StartException(
                $"api.tokenFile: {path} holds no token of 32 to 512 characters; delete it to have a new one made");
    }

    /// <summary>Whether an <c>Authorization</c> header carries this token; takes as long whatever is wrong with
    /// it.</summary>
    public bool Opens(string? authorization)
    {
        const string scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[scheme.Length..]), _bytes);
    }

    private static byte[] Fresh() =>
        Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) + "\n");
}
