using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>Certificates for a broker at <c>localhost</c> and a node, in files.</summary>
internal static class Certificates
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes <c>ca.pem</c>, <c>broker.pem</c>, <c>broker.key</c>, <c>node.pem</c> and
    /// <c>node.key</c>.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="valid">How long before and after now they are.</param>
    public static void Write(string folder, TimeSpan valid)
    {
        var (from, to) = (DateTimeOffset.UtcNow - valid, DateTimeOffset.UtcNow + valid);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = request.CreateSelfSigned(from, to);
        Write(folder, "ca.pem", root.ExportCertificatePem());
        foreach (var (name, subject, serial) in (ReadOnlySpan<(string, string, byte)>)
            [("broker", "localhost", 1), ("node", "alpha", 2)])
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var asked = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(subject);
            asked.CertificateExtensions.Add(names.Build());
            using var issued = asked.Create(root, from, to, [serial]);
            Write(folder, $"{name}.pem", issued.ExportCertificatePem());
            Write(folder, $"{name}.key", key.ExportPkcs8PrivateKeyPem());
        }
    }

    private static void Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, OwnerOnly);
    }
}
