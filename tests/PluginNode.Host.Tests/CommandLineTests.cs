using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using PluginNode.Commands;

namespace PluginNode.Host.Tests;

public sealed class CommandLineTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("nonsense")]
    [TestCase("send")]
    [TestCase("send", "a", "b", "c", "d")]
    [TestCase("messages", "show", "x")]
    [TestCase("messages", "--state", "nope")]
    [TestCase("messages", "--limit", "x")]
    [TestCase("inbox", "ack")]
    [TestCase("inbox", "--wait", "soon")]
    [TestCase("send", "a", "b", "c", "--ttl", "soon")]
    [TestCase("send", "a", "b", "c", "-a", "noequals")]
    [TestCase("outbox", "import", "a file without --key")]
    public async Task WrongUse_Is2(params string[] args) =>
        Assert.That((await RunAsync([.. args, "--config", Config("{}")])).Code, Is.EqualTo(2));

    [Test]
    public async Task Help_Is0_AndNamesTheExitCodes()
    {
        var (code, output, _) = await RunAsync(["--help"]);
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("3 node not reachable").And.Contain("dead-letters"));
    }

    [Test]
    public async Task WrongConfiguration_Is2_AndNamesEveryProblem()
    {
        var (code, _, error) = await RunAsync(["run", "--config", Config("""{ "nod": 1, "store": 2 }""")]);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("nod: unknown key").And.Contain("store: a text in quotes is needed"));
    }

    [Test]
    public async Task NoConfiguration_Is2()
    {
        var (code, _, error) = await RunAsync(["run", "--config", _folder["none.json"]]);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("pluginnode init"));
    }

    [TestCase("messages")]
    [TestCase("peers")]
    public async Task NodeNeverStarted_Is3(string command)
    {
        var (code, _, error) = await RunAsync([command, "--config", Config("{}")]);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(error, Does.Contain("never started"));
    }

    [Test]
    public async Task NodeStopped_Is3()
    {
        string file;
        using var kept = new TemporaryFolder();
        await using (var node = await TestNode.StartAsync())
        {
            kept.Write("token", node.Host.Token.Text);
            file = kept.Write("plugins.json", $$"""{ "api": { "listen": "{{node.Host.Address}}", "tokenFile": "token" } }""");
        }
        var (code, _, error) = await RunAsync(["messages", "--config", file]);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(error, Does.Contain("no node answers at"));
    }

    [TestCase("200 OK", "<html></html>")]
    [TestCase("404 Not Found", "nothing here")]
    public async Task SomethingElseAnswers_Is1_AndSaysSo(string status, string body)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _folder.Write("token", new string('t', 40));
        var serving = AnswerOnceAsync(listener, $"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var (code, _, error) = await RunAsync(["messages", "--config", Config(
            $$"""{ "api": { "listen": "http://{{listener.LocalEndpoint}}", "tokenFile": "token" } }""")]);
        await serving;
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("is no node"));
    }

    [Test]
    public async Task Run_NoStoreInstalled_Is1()
    {
        var (code, _, error) = await RunAsync(["run", "--config", Config("""{ "api": { "listen": "http://127.0.0.1:0" } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("store: no plugin offers one"));
    }

    [Test]
    public async Task Run_StoreNotInstalled_Is1()
    {
        var (code, _, error) = await RunAsync(["run", "--config", Config("""{ "store": "gone" }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("store: the plugin 'gone' is not installed"));
    }

    [Test]
    public async Task Run_PortInUse_Is1_AndNamesTheKey()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var (code, _, error) = await RunAsync(["run", "--config", Config(
            $$"""{ "store": "memory", "api": { "listen": "http://{{other.LocalEndPoint}}" } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("api.listen").And.Contain("in use"));
    }

    [Test]
    public async Task Run_UnreadableKey_Is1_AndTouchesNothing()
    {
        _folder.Write("key.pem", "this is no key");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder["key.pem"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (code, _, error) = await RunAsync(["run", "--config", Config(
            """{ "store": "memory", "node": { "identity": "key.pem" } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("node.identity").And.Contain("key.pem"));
        Assert.That(File.ReadAllText(_folder["key.pem"]), Is.EqualTo("this is no key"));
    }

    [Test]
    public async Task Run_FormerKeyMissing_Is1()
    {
        var (code, _, error) = await RunAsync(["run", "--config", Config(
            """{ "store": "memory", "node": { "formerIdentities": ["old.pem"] } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("node.formerIdentities[0]").And.Contain("old.pem"));
    }

    [Test]
    public async Task Run_DataFolderThatCannotBe_Is1_AndNamesTheKey()
    {
        // A folder below a file can't be made by anybody, not even by root, for whom a read-only folder is none.
        _folder.Write("file", "");
        var (code, _, error) = await RunAsync(["run", "--config", Config("""{ "store": "memory", "node": { "data": "file/data" } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("node.data").And.Contain("file/data"));
    }

    [Test]
    public async Task Run_TokenFileWithoutToken_Is1()
    {
        _folder.Write("token", "short");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder["token"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (code, _, error) = await RunAsync(["run", "--config", Config(
            """{ "store": "memory", "api": { "listen": "http://127.0.0.1:0", "tokenFile": "token" } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("api.tokenFile"));
    }

    [Test, Platform(Exclude = "Win", Reason = "Windows has no such modes.")]
    [UnsupportedOSPlatform("windows")]
    public async Task Run_TokenFileThatOthersRead_Is1()
    {
        _folder.Write("token", new string('t', 43));
        File.SetUnixFileMode(_folder["token"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var (code, _, error) = await RunAsync(["run", "--config", Config(
            """{ "store": "memory", "api": { "listen": "http://127.0.0.1:0", "tokenFile": "token" } }""")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("api.tokenFile").And.Contain("chmod 600"));
    }

    [Test]
    public async Task Run_DataFolderInUse_Is1_AndSaysByWhom()
    {
        await using var node = await TestNode.StartAsync();
        var (code, _, error) = await RunAsync(["run", "--config", Path.Combine(node.Folder, "plugins.json")]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("node.data").And.Contain($"in use by process {Environment.ProcessId}"));
    }

    [Test]
    public async Task Init_WritesOnce_AndWhatItWritesIsSound()
    {
        var file = _folder["sub/plugins.json"];
        Assert.That((await RunAsync(["init", "--config", file])).Code, Is.Zero);
        var text = File.ReadAllText(file);
        Assert.That(PluginNode.Configuration.ConfigurationFile.Read(file).Kernel.Protocols, Has.Count.EqualTo(8));
        var (code, _, error) = await RunAsync(["init", "--config", file]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("exists already"));
        Assert.That(File.ReadAllText(file), Is.EqualTo(text));
    }

    [Test]
    public async Task Identity_MakesTheKeyOnce_AndPrintsIt()
    {
        var file = Config("""{ "node": { "name": "alpha" } }""");
        var first = JsonNode.Parse((await RunAsync(["identity", "--json", "--config", file])).Output)!;
        var second = JsonNode.Parse((await RunAsync(["identity", "--json", "--config", file])).Output)!;
        Assert.That(first.ToJsonString(), Is.EqualTo(second.ToJsonString()));
        Assert.That(first.AsObject().Select(m => m.Key), Is.EqualTo(
            new[] { "name", "peerId", "did", "publicKey", "identityFile" }));
        Assert.That(first["name"]!.GetValue<string>(), Is.EqualTo("alpha"));
        Assert.That(first["identityFile"]!.GetValue<string>(), Is.EqualTo(_folder["data/identity.pem"]));
        var id = PluginNode.Identity.PeerId.Parse(first["peerId"]!.GetValue<string>());
        Assert.That(first["publicKey"]!.GetValue<string>(), Is.EqualTo(Convert.ToBase64String(id.ToPublicKey())));
    }

    [Test]
    public async Task Commands_AgainstANode_DoWhatTheySay()
    {
        await using var pair = await TestPair.StartAsync();
        string alpha = pair.Alpha.FileForCommands(), beta = pair.Beta.FileForCommands();
        var (code, output, error) = await RunAsync(
            ["send", "beta", "/test/critical", "hello", "--wait", "30s", "--json", "-a", "k=v", "--config", alpha]);
        Assert.That(code, Is.Zero, error);
        var id = JsonNode.Parse(output)!["id"]!.GetValue<string>();

        Assert.That((await RunAsync(["inbox", "--config", beta])).Output, Does.Contain(id).And.Contain("hello").And.Contain("alpha"));
        Assert.That((await RunAsync(["peers", "--config", beta])).Output, Does.Contain("loop:alpha"));
        Assert.That((await RunAsync(["plugins", "--config", beta])).Output, Does.Contain("no plugins"));
        Assert.That((await RunAsync(["messages", "--config", alpha])).Output, Does.Contain("no messages"));
        Assert.That((await RunAsync(["dead-letters", "--config", alpha])).Output, Does.Contain("no dead letters"));
        Assert.That((await RunAsync(["inbox", "ack", id, "--config", beta])).Code, Is.Zero);
        Assert.That((await RunAsync(["inbox", "ack", id, "--config", beta])).Code, Is.EqualTo(1));
        Assert.That((await RunAsync(["inbox", "--config", beta])).Output, Does.Contain("the inbox is empty"));
        Assert.That((await RunAsync(["messages", "--limit", "0", "--config", alpha])).Code, Is.EqualTo(2));
        var (missing, _, said) = await RunAsync(["send", "nobody", "/x", "y", "--config", alpha]);
        Assert.That(missing, Is.EqualTo(1));
        Assert.That(said, Does.Contain("there is no peer 'nobody'"));
    }

    [Test]
    public async Task Commands_OnAWaitingMessage_DoWhatTheySay()
    {
        await using var pair = await TestPair.StartAsync();
        var alpha = pair.Alpha.FileForCommands();
        Assert.That((await RunAsync(["peers", "pause", "beta", "--config", alpha])).Output, Does.Contain("beta is paused"));
        var sent = await RunAsync(["send", "beta", "/test/critical", "x", "--json", "--config", alpha]);
        var id = JsonNode.Parse(sent.Output)!["id"]!.GetValue<string>();
        Assert.That((await RunAsync(["messages", "--config", alpha])).Output, Does.Contain(id));
        Assert.That((await RunAsync(["messages", "show", id, "--config", alpha])).Output, Does.Contain("critical"));
        Assert.That((await RunAsync(["peers", "remove", "beta", "--config", alpha])).Code, Is.EqualTo(1));
        Assert.That((await RunAsync(["peers", "remove", "beta", "--dead-letter", "--config", alpha])).Code, Is.Zero);
        Assert.That((await RunAsync(["dead-letters", "--config", alpha])).Output, Does.Contain(id));
        Assert.That((await RunAsync(["dead-letters", "purge", id, "--config", alpha])).Code, Is.Zero);
        Assert.That((await RunAsync(["messages", "show", id, "--config", alpha])).Code, Is.EqualTo(1));
    }

    private static async Task AnswerOnceAsync(TcpListener listener, string answer)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        _ = await stream.ReadAsync(new byte[4096]);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
    }

    private string Config(string text) => _folder.Write("plugins.json", text);

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] args)
    {
        await using StringWriter output = new(), error = new();
        var code = await CommandLine.RunAsync(args, output, error, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
