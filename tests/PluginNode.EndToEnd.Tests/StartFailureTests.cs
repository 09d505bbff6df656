using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>A node that can't start says so in one message that names the key, the file or the address, and what to do;
/// and everything stays as it was.</summary>
[TestFixture]
public sealed class StartFailureTests : NodesInAFolder
{
    [Test]
    public async Task PortOfTheApiIsTaken_SaysWhich_AndThePromisedStays()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await using var peer = new NodeProcess(Folder, "beta");
        await NodeProcess.IntroduceAsync(node, peer);
        await node.StartAsync();
        var id = await node.SendAsync("beta", "waits");
        await node.KillAsync();
        string[] alive = ["store", "run", "node.pid", "node.lock"];
        var before = Snapshot.Of(node.Data, alive);

        using (Listening(node.ApiPort))
            await FailsAsync(node, 1, "api.listen", $"http://127.0.0.1:{node.ApiPort}", "in use", "another");
        Assert.That(Snapshot.Of(node.Data, alive), Is.EqualTo(before));
        await node.StartAsync();
        var state = (await node.GetAsync($"/v1/messages/{id}"))["state"]!.GetValue<string>();
        Assert.That(state, Is.AnyOf("waiting", "sending"));
    }

    [Test]
    public async Task AddressOfTheApiIsNoneOfThisMachine_SaysSo()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        node.Configuration["api"] = new JsonObject { ["listen"] = "http://192.0.2.1:7400", ["public"] = true };
        node.WriteConfiguration();
        await FailsAsync(node, 1, "api.listen", "http://192.0.2.1:7400", "another address");
    }

    [Test]
    public async Task PortOfMeshHttpIsTaken_ThatPluginIsFaultedAndSaysSo_AndTheNodeGoesOn()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await using var peer = new NodeProcess(Folder, "beta");
        await NodeProcess.IntroduceAsync(node, peer);
        using (Listening(node.MeshPort)) await node.StartAsync();

        var plugins = (await node.GetAsync("/v1/plugins"))["plugins"]!.AsArray();
        var mesh = plugins.Single(p => p!["id"]!.GetValue<string>() == "mesh-http")!;
        Assert.That(mesh["state"]!.GetValue<string>(), Is.EqualTo("faulted"));
        var fault = mesh["faults"]!.AsArray().Single()!.GetValue<string>();
        Assert.That(fault, Does.Contain($"127.0.0.1:{node.MeshPort}").And.Contain("in use").And.Contain("listen"));
        var (exit, table) = await node.CommandAsync("plugins");
        Assert.That(exit, Is.Zero);
        Assert.That(table, Does.Contain("faulted").And.Contain(fault));

        var id = await node.SendAsync("beta", "is taken all the same");
        Assert.That(await node.StopAsync(), Is.Zero);
        await node.StartAsync();
        await peer.StartAsync();
        await node.EndedAsync(id);
    }

    [Test]
    public async Task IdentityIsDamaged_SaysWhatToDo_AndTouchesNothing()
    {
        await using var node = await WithIdentityAsync();
        var pem = Path.Combine(node.Data, "identity.pem");
        var text = await File.ReadAllTextAsync(pem);
        await File.WriteAllTextAsync(pem, text.Replace("M", "!", StringComparison.Ordinal));
        await FailsUntouchedAsync(node, 1, "node.identity", pem, "Restore it from a copy");
    }

    [Test]
    public async Task IdentityIsAFolder_SaysSo_AndTouchesNothing()
    {
        await using var node = await WithIdentityAsync();
        var pem = Path.Combine(node.Data, "identity.pem");
        File.Delete(pem);
        Directory.CreateDirectory(pem);
        await FailsUntouchedAsync(node, 1, "node.identity", pem);
    }

    [Test, Platform(Exclude = "Win", Reason = "There are no such modes.")]
    public async Task IdentityMayNotBeRead_SaysSo_AndTouchesNothing()
    {
        if (Environment.IsPrivilegedProcess) Assert.Ignore("Nothing is unreadable for a privileged user.");
        await using var node = await WithIdentityAsync();
        var pem = Path.Combine(node.Data, "identity.pem");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(pem, UnixFileMode.None);
        await FailsAsync(node, 1, "node.identity", pem, "cannot be read");
    }

    [TestCase("identity.pem", "node.identity"), TestCase("api.token", "api.tokenFile")]
    [Platform(Exclude = "Win", Reason = "There are no such modes.")]
    public async Task OthersMayReadASecret_SaysHowToMendIt_AndTouchesNothing(string name, string key)
    {
        await using var node = await StoppedAsync();
        var file = Path.Combine(node.Data, name);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherRead);
        await FailsUntouchedAsync(node, 1, key, $"chmod 600 {file}");
    }

    [Test]
    public async Task DataFolderIsReadOnly_SaysSo()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(Folder, "disk"), "16m");
        await using var node = new NodeProcess(Folder, "alpha", disk);
        await node.StartAsync();
        await node.KillAsync();
        var before = Snapshot.Of(node.Data);
        await disk.MakeReadOnlyAsync();
        await FailsAsync(node, 1, "node.data", Path.Combine(disk.Folder, "data"), "written");
        Assert.That(Snapshot.Of(node.Data), Is.EqualTo(before));
    }

    [Test]
    public async Task DataFolderLiesBelowAFile_SaysSo()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await File.WriteAllTextAsync(Path.Combine(node.Folder, "file"), "");
        node.Configuration["node"]!["data"] = "file/data";
        node.WriteConfiguration();
        var before = Snapshot.Of(node.Folder);
        await FailsAsync(node, 1, "node.data", Path.Combine(node.Folder, "file", "data"));
        Assert.That(Snapshot.Of(node.Folder), Is.EqualTo(before));
    }

    [Test]
    public async Task SecondNodeOnTheSameData_SaysWhoHoldsIt_AndTheFirstGoesOn()
    {
        await using var node = new NodeProcess(Folder, "alpha");
        await node.StartAsync();
        string[] locked = ["node.lock", "store/lock"];
        var before = Snapshot.Of(node.Data, locked);
        await FailsAsync(node, 1, "node.data", node.Data, $"in use by process {node.ProcessId}", "Stop that node");
        Assert.That(Snapshot.Of(node.Data, locked), Is.EqualTo(before));
        Assert.That((await node.GetAsync("/v1/plugins"))["plugins"]!.AsArray(), Is.Not.Empty);
    }

    [Test]
    public async Task NoNodeRuns_ACommandSaysWhereItLooked()
    {
        await using var node = await StoppedAsync();
        var before = Snapshot.Of(node.Folder);
        await FailsAsync(node, 3, ["messages"], $"http://127.0.0.1:{node.ApiPort}", "no node answers");
        Assert.That(Snapshot.Of(node.Folder), Is.EqualTo(before));
    }

    private async Task<NodeProcess> WithIdentityAsync()
    {
        var node = new NodeProcess(Folder, "alpha");
        Assert.That((await node.CommandAsync("identity")).Exit, Is.Zero);
        return node;
    }

    private async Task<NodeProcess> StoppedAsync()
    {
        var node = new NodeProcess(Folder, "alpha");
        await node.StartAsync();
        Assert.That(await node.StopAsync(), Is.Zero);
        return node;
    }

    private static Task FailsAsync(NodeProcess node, int code, params string[] says) =>
        FailsAsync(node, code, ["run"], says);

    private static async Task FailsUntouchedAsync(NodeProcess node, int code, params string[] says)
    {
        var before = Snapshot.Of(node.Folder, "data/node.pid", "data/node.lock");
        await FailsAsync(node, code, ["run"], says);
        Assert.That(Snapshot.Of(node.Folder, "data/node.pid", "data/node.lock"), Is.EqualTo(before));
    }

    internal static async Task FailsAsync(NodeProcess node, int code, string[] command, params string[] says)
    {
        var (exit, output) = await node.CommandAsync(command);
        await TestContext.Out.WriteLineAsync(output);
        // What is logged on the way is JSON here, because standard error is no terminal.
        var messages = output.Split('\n').Where(l => !l.StartsWith('{')).ToList();
        Assert.That(messages, Has.Count.EqualTo(1), output);
        foreach (var part in says) Assert.That(messages[0], Does.Contain(part));
        Assert.That(exit, Is.EqualTo(code), output);
    }

    private static Socket Listening(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen();
        return socket;
    }
}
