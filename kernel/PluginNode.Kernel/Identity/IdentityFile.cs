using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace PluginNode.Identity;

/// <summary>An Ed25519 private key as PKCS#8 (RFC 8410) in PEM, as <c>openssl genpkey -algorithm ed25519</c> writes
/// it.</summary>
internal static class IdentityFile
{
    private const string Oid = "1.3.101.112";
    private const string Label = "PRIVATE KEY";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static NodeIdentity Read(string path)
    {
        var pem = ReadText(path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(OwnerOnly | UnixFileMode.UserExecute)) != UnixFileMode.None)
            throw new IdentityException($"The identity file {path} may be read by others. Run: chmod 600 {path}");
        var seed = new byte[Ed25519.SeedBytes];
        try
        {
            Parse(path, pem, seed);
            return NodeIdentity.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Makes a new key. Another process that makes one at the same time wins or loses as a whole.</summary>
    public static void Create(string path)
    {
        var seed = RandomNumberGenerator.GetBytes(Ed25519.SeedBytes);
        try
        {
            PrivateFile.Create(path, Encoding.ASCII.GetBytes(Format(seed)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"The identity file {path} cannot be made: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"The identity file {path} cannot be read: {e.Message}", e);
        }
    }

    // PrivateKeyInfo ::= SEQUENCE { version, AlgorithmIdentifier, OCTET STRING { CurvePrivateKey ::= OCTET STRING } }
    private static void Parse(string path, string pem, Span<byte> seed)
    {
        try
        {
            var fields = PemEncoding.Find(pem);
            if (pem[fields.Label] != Label)
                throw new IdentityException($"The identity file {path} holds a '{pem[fields.Label]}', not a '{Label}' (PKCS#8).");
            var info = new AsnReader(Convert.FromBase64String(pem[fields.Base64Data]), AsnEncodingRules.DER).ReadSequence();
            info.ReadInteger();
            var oid = info.ReadSequence().ReadObjectIdentifier();
            if (oid != Oid)
                throw new IdentityException($"The identity file {path} holds a key of the type {oid}, not Ed25519 ({Oid}).");
            var inner = new AsnReader(info.ReadOctetString(), AsnEncodingRules.DER).ReadOctetString();
            if (inner.Length != seed.Length) throw new AsnContentException("the key has not 32 bytes");
            inner.CopyTo(seed);
        }
        catch (Exception e) when (e is ArgumentException or AsnContentException or FormatException)
        {
            throw new IdentityException(
                $"The identity file {path} is no Ed25519 private key in PEM: {e.Message} "
                + "Restore it from a copy: the store can be read with this key only.", e);
        }
    }

    private static string Format(ReadOnlySpan<byte> seed)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            using (writer.PushSequence()) writer.WriteObjectIdentifier(Oid);
            using (writer.PushOctetString()) writer.WriteOctetString(seed);
        }
        return PemEncoding.WriteString(Label, writer.Encode()) + "\n";
    }
}
