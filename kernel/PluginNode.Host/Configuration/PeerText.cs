using PluginNode.Identity;

namespace PluginNode.Configuration;

/// <summary>How peers are written in configuration and in the control API.</summary>
internal static class PeerText
{
    public const string NameForm = "1 to 63 characters without / + # and control characters are needed";
    private const string KeyForm = "an Ed25519 public key, 32 bytes in base64, is needed";

    /// <summary>What is wrong with a key as it is written; null where it is one.</summary>
    public static string? KeyProblem(string text, out PeerId id)
    {
        Span<byte> key = stackalloc byte[PeerId.KeyBytes];
        var ok = text.Length <= 64 && Convert.TryFromBase64String(text, key, out var bytes) && bytes == PeerId.KeyBytes;
        id = ok ? PeerId.FromPublicKey(key) : default;
        return !ok ? KeyForm : PublicKeys.Problem(id) is { } problem
            ? $"{problem}; take the one that 'pluginnode identity' prints there" : null;
    }

    public static List<PeerAddress> Addresses(IReadOnlyList<string> texts, string path, ICollection<string> problems)
    {
        var addresses = new List<PeerAddress>();
        foreach (var (index, text) in texts.Index())
        {
            if (PeerAddress.TryParse(text, out var address)) addresses.Add(address);
            else problems.Add($"{path}[{index}]: an address such as scheme:rest is needed, without spaces");
        }
        return addresses;
    }
}
