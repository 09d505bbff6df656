using System.Numerics;

namespace PluginNode.Identity;

/// <summary>
/// Tells keys that no honest node has. OpenSSL takes any 32 bytes as an Ed25519 public key and finds out, if at all,
/// when a signature is checked; and under a key of small order anyone can make signatures that hold.
/// </summary>
public static class PublicKeys
{
    private static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;

    // d = -121665/121666 (RFC 8032, section 5.1), the quotient by Fermat's theorem
    private static readonly BigInteger D =
        (Prime - 121665) * BigInteger.ModPow(121666, Prime - 2, Prime) % Prime;

    // The y of the eight points of small order, little endian ("Taming the many EdDSAs", Chalkias, Garillot and
    // Nikolaenko 2020, table 1); a point and its negative share theirs.
    private static readonly byte[][] SmallOrder =
    [
        Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("0100000000000000000000000000000000000000000000000000000000000000"),
        Convert.FromHexString("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        Convert.FromHexString("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];

    /// <summary>What is wrong with a peer's key, or null.</summary>
    public static string? Problem(PeerId peer)
    {
        var key = peer.ToPublicKey();
        if (IsOfSmallOrder(key))
            return "these 32 bytes are a point of small order, under which anyone can sign, and no node's key";
        key[^1] &= 0x7F; // the sign of x
        return IsPoint(new BigInteger(key, isUnsigned: true))
            ? null : "these 32 bytes are no point of the curve, and no key";
    }

    /// <summary>Whether 32 bytes are how a point of small order is written.</summary>
    internal static bool IsOfSmallOrder(ReadOnlySpan<byte> point)
    {
        foreach (var one in SmallOrder)
            if (point[..^1].SequenceEqual(one.AsSpan(0, one.Length - 1)) && (point[^1] & 0x7F) == one[^1]) return true;
        return false;
    }

    /// <summary>Whether x² = (y² − 1) / (d y² + 1) has a root and y is written as RFC 8032, section 5.1.3, asks. By
    /// Euler's criterion, with u/v a square exactly when u·v is one.</summary>
    private static bool IsPoint(BigInteger y)
    {
        if (y >= Prime) return false;
        var square = y * y % Prime;
        var product = (square - 1) * ((D * square) + 1) % Prime;
        return BigInteger.ModPow(product < 0 ? product + Prime : product, (Prime - 1) / 2, Prime) == 1;
    }
}
