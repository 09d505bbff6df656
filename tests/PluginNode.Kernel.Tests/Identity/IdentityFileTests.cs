using System.Diagnostics;
using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Identity;

[TestFixture]
public sealed class IdentityFileTests
{
    private string _folder = null!;

    private string PemPath => Path.Combine(_folder, "data", "identity.pem");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("pluginnode-identity-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void LoadOrCreate_FirstStart_MakesAFileForItsOwnerOnly_AndKeepsIt()
    {
        using var made = NodeIdentity.LoadOrCreate(PemPath);
        using var again = NodeIdentity.LoadOrCreate(PemPath);
        Assert.That(again.Self, Is.EqualTo(made.Self));
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(PemPath), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    [Platform("Linux")]
    public void Load_OthersMayRead_IsRefusedWithTheCommandToRun()
    {
        NodeIdentity.LoadOrCreate(PemPath).Dispose();
        Run("chmod", "644", PemPath);
        Assert.That(() => NodeIdentity.Load(PemPath),
            Throws.TypeOf<IdentityException>().With.Message.Contains($"chmod 600 {PemPath}"));
    }

    [TestCase("not a pem", "no Ed25519 private key in PEM")]
    [TestCase("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a 'CERTIFICATE'")]
    [TestCase("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no Ed25519 private key in PEM")]
    public void Load_SomethingElse_SaysWhat(string content, string says)
    {
        NodeIdentity.LoadOrCreate(PemPath).Dispose();
        File.WriteAllText(PemPath, content);
        Assert.That(() => NodeIdentity.Load(PemPath), Throws.TypeOf<IdentityException>().With.Message.Contains(says));
        Assert.That(File.ReadAllText(PemPath), Is.EqualTo(content), "it is never overwritten");
    }

    [Test]
    [Platform("Linux")]
    public void Openssl_MakesKeysThatWeRead_AndVerifiesWhatWeSign()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PemPath)!);
        Run("openssl", "genpkey", "-algorithm", "ed25519", "-out", PemPath);
        Run("chmod", "600", PemPath);
        using var identity = NodeIdentity.Load(PemPath);
        var (text, signature, publicKey) = (Path.Combine(_folder, "text"), Path.Combine(_folder, "sig"), Path.Combine(_folder, "pub"));
        var bytes = new byte[64];
        identity.Sign("test", "hello"u8, bytes);
        File.WriteAllBytes(signature, bytes);
        File.WriteAllBytes(text, [.. "pluginnode/test/1\0"u8, .. "hello"u8]);
        Run("openssl", "pkey", "-in", PemPath, "-pubout", "-out", publicKey);
        Run("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", publicKey, "-in", text, "-sigfile", signature);

        using var own = NodeIdentity.LoadOrCreate(Path.Combine(_folder, "own.pem"));
        Assert.That(Run("openssl", "pkey", "-in", Path.Combine(_folder, "own.pem"), "-noout", "-text"),
            Does.Contain("ED25519 Private-Key"));
    }

    private static string Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{command}: {errors.Result}");
        return output;
    }
}
