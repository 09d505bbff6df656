using System.Numerics;

namespace PluginNode.Identity;

/// <summary>Base58 with the Bitcoin alphabet ("base58btc"), as libp2p peer ids are written. Here because Contracts
/// may depend on no package.</summary>
internal static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        Span<char> text = stackalloc char[bytes.Length * 2];
        var at = text.Length;
        while (!number.IsZero)
        {
            number = BigInteger.DivRem(number, 58, out var digit);
            text[--at] = Alphabet[(int)digit];
        }
        foreach (var value in bytes)
        {
            if (value != 0) break;
            text[--at] = Alphabet[0];
        }
        return text[at..].ToString();
    }

    /// <summary>False when a character is not of the alphabet or the value does not fill <paramref name="bytes"/>
    /// exactly.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length > bytes.Length * 2) return false;
        var number = BigInteger.Zero;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0) return false;
            number = (number * 58) + digit;
        }
        var length = number.IsZero ? 0 : number.GetByteCount(isUnsigned: true);
        var zeros = text.Length - text.TrimStart(Alphabet[0]).Length;
        if (length + zeros != bytes.Length) return false;
        bytes.Clear();
        return length == 0 || number.TryWriteBytes(bytes[zeros..], out _, isUnsigned: true, isBigEndian: true);
    }
}
