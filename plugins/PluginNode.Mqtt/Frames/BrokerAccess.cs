using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>What opens the broker's door: password and certificates, read from the files that the settings name. Owns
/// the certificates.</summary>
internal sealed class BrokerAccess : IDisposable
{
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    private readonly X509Certificate2Collection? _authorities;
    private readonly X509Certificate2? _certificate;

    private BrokerAccess(MqttOptions options, string folder)
    {
        if (options.PasswordFile is { } password)
            Password = Read("passwordFile", folder, password, isSecret: true, path =>
            {
                var bytes = File.ReadAllBytes(path).AsMemory();
                return bytes.TrimEnd("\r\n"u8);
            });
        if (options.CaFile is { } authorities)
            _authorities = Read("caFile", folder, authorities, isSecret: false, path =>
            {
                var all = new X509Certificate2Collection();
                all.ImportFromPemFile(path);
                return all.Count > 0 ? all : throw new CryptographicException("it holds no certificate in PEM");
            });
        if (options.CertificateFile is { } certificate)
            _certificate = Read("keyFile", folder, options.KeyFile!, isSecret: true, key => Read(
                "certificateFile", folder, certificate, isSecret: false,
                path => X509Certificate2.CreateFromPemFile(path, key)));
    }

    public ReadOnlyMemory<byte>? Password { get; }

    /// <summary>How TLS is made with them.</summary>
    public MqttTlsOptions Tls => new() { Authorities = _authorities, ClientCertificate = _certificate };

    /// <param name="options">The settings.</param>
    /// <param name="folder">What relative paths are relative to.</param>
    /// <exception cref="TransportException">A file is not there, not sound, or may be read by others; the message names
    /// its key.</exception>
    public static BrokerAccess Read(MqttOptions options, string folder) => new(options, folder);

    public void Dispose()
    {
        _certificate?.Dispose();
        foreach (var authority in _authorities ?? []) authority.Dispose();
    }

    private static T Read<T>(string key, string folder, string name, bool isSecret, Func<string, T> read)
    {
        var path = Path.GetFullPath(name, folder);
        try
        {
            if (isSecret && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
                throw new TransportException($"{key}: {path} may be read or written by others. Run: chmod 600 {path}");
            return read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TransportException($"{key}: {path} can't be read: {e.Message}");
        }
        catch (CryptographicException e)
        {
            throw new TransportException($"{key}: {path} is not what it should be: {e.Message}");
        }
    }
}
