using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace PluginNode.Host.Tests;

/// <summary>A running node takes over what an older program kept.</summary>
[UnsupportedOSPlatform("windows")]
[Platform(Exclude = "Win", Reason = "The key file's mode is not checked there.")]
public sealed class OutboxImportTests
{
    private const string Delivery =
        """
        "delivery": { "protocols": { "/opencloud/resource/create/1.0": "critical",
          "/opencloud/resource/update/1.0": "critical", "/opencloud/resource/delete/1.0": "critical",
          "/opencloud/resource/verify/1.0": "moderate" },
          "endsOn": { "/opencloud/resource/create/1.0": "sent" } }
        """;

    private TemporaryFolder _folder = null!;
    private TestNode _node = null!;

    [SetUp]
    public async Task SetUp()
    {
        _folder = new TemporaryFolder();
        _node = await TestNode.StartAsync(
            $$"""{ "store": "memory", "api": { "listen": "http://127.0.0.1:0" }, {{Delivery}} }""");
    }

    [TearDown]
    public async Task TearDown()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task GoodFile_BecomesWaitingMessagesInOrder_ForPeersThatAreOnlySentTo_AndTwiceIsOnce()
    {
        var expected = Expected("dnt_cache.bin");
        var first = await ImportAsync("dnt_cache.bin");
        Assert.That((first["imported"]!.GetValue<int>(), first["skipped"]!.GetValue<int>()), Is.EqualTo((12, 0)));
        Assert.That(first["peersAdded"]!.AsArray(), Has.Count.EqualTo(12));
        var messages = await MessagesAsync();
        Assert.That(messages.Select(m => $"{m["to"]} {m["protocol"]} {m["level"]} {m["state"]}"),
            Is.EqualTo(expected.Select(e => $"{e["addr"]!["ID"]} {e["proto"]} critical waiting")));
        Assert.That(messages.Select(m => (string?)m["attributes"]!["did"]),
            Is.EqualTo(expected.Select(e => (string?)e["did"])));

        var peers = (await _node.GetAsync("/v1/peers")).Body!["peers"]!.AsArray();
        Assert.That(peers.Select(p => p!["sendOnly"]!.GetValue<bool>()), Is.EqualTo(Enumerable.Repeat(true, 12)));
        foreach (var entry in expected)
        {
            var peer = peers.Single(p => (string)p!["peerId"]! == (string)entry["addr"]!["ID"]!)!;
            Assert.That(peer["addresses"]!.ToJsonString(), Is.EqualTo(entry["addr"]!["Addrs"]!.ToJsonString()));
        }

        var again = await ImportAsync("dnt_cache.bin");
        Assert.That(again["imported"]!.GetValue<int>(), Is.EqualTo(12));
        Assert.That(again["peersAdded"]!.AsArray(), Is.Empty);
        Assert.That(Ids(again), Is.EqualTo(Ids(first)));
        Assert.That((await MessagesAsync()).Select(m => (string?)m["id"]), Is.EqualTo(Ids(first)));
    }

    [Test]
    public async Task WhatIsNotCriticalHere_IsListedWithWhatToDo_AndTheRestIsImported()
    {
        var moderate = await ImportAsync("dnt_cache_noncritical.bin");
        Assert.That((moderate["imported"]!.GetValue<int>(), moderate["skipped"]!.GetValue<int>()), Is.EqualTo((4, 1)));
        var skipped = moderate["entries"]!.AsArray()[3]!;
        Assert.That((string)skipped["outcome"]!, Is.EqualTo("skipped"));
        Assert.That((string)skipped["reason"]!, Does.Contain("moderate here").And.Contain("send it anew"));

        var unknown = await ImportAsync("dnt_cache_unknown_proto.bin");
        Assert.That((unknown["imported"]!.GetValue<int>(), unknown["skipped"]!.GetValue<int>()), Is.EqualTo((1, 1)));
        Assert.That((string)unknown["entries"]!.AsArray()[1]!["reason"]!, Does.Contain("delivery.protocols"));
        Assert.That(unknown["hints"]!.AsArray().Select(h => (string?)h),
            Has.All.Contains("delivery.endsOn").And.None.Contains("create"));
    }

    [Test]
    public async Task KnownPeer_IsLeftAsItIs()
    {
        var id = (string)Expected("dnt_cache.bin")[0]["addr"]!["ID"]!;
        var key = Convert.ToBase64String(Identity.PeerId.Parse(id).ToPublicKey());
        await _node.CallAsync(
            HttpMethod.Put, "/v1/peers/old", $$"""{ "publicKey": "{{key}}", "addresses": ["x:y"] }""");
        var report = await ImportAsync("dnt_cache.bin");
        Assert.That(report["peersAdded"]!.AsArray(), Has.Count.EqualTo(11));
        var (_, peer) = await _node.GetAsync("/v1/peers/old");
        Assert.That((peer!["sendOnly"]!.GetValue<bool>(), (string?)peer["addresses"]![0]), Is.EqualTo((false, "x:y")));
    }

    [TestCase("dnt_cache_corrupt.bin", "does not open it"), TestCase("dnt_cache_other_key.bin", "does not open it")]
    [TestCase("dnt_cache_truncated8.bin", "too short"), TestCase("dnt_cache_zero.bin", "too short")]
    [TestCase("dnt_cache_bad_json.bin", "holds no such messages")]
    public async Task UnusableFile_ChangesNothing_SaysWhy_AndEndsWith1(string file, string why)
    {
        var (code, output, error) = await RunAsync(Vector(file), Key());
        Assert.That((code, output), Is.EqualTo((1, "")));
        Assert.That(error, Does.Contain(file).And.Contain(why).And.Contain("Nothing was imported"));
        Assert.That((await _node.GetAsync("/v1/peers")).Body!["peers"]!.AsArray(), Is.Empty);
        Assert.That(await MessagesAsync(), Is.Empty);
    }

    [TestCase("dnt_cache_null.bin"), TestCase("dnt_cache_empty_list.bin")]
    public async Task EmptyFile_IsDone(string file)
    {
        var (code, output, error) = await RunAsync(Vector(file), Key());
        Assert.That((code, error), Is.EqualTo((0, "")));
        Assert.That(output, Does.Contain("the file holds no messages"));
    }

    [Test]
    public async Task NoFile_NoKey_OrAKeyThatOthersMayRead_Is1AndSaysWhich()
    {
        var none = await RunAsync(_folder["none"], Key());
        Assert.That(none.Code, Is.EqualTo(1));
        Assert.That(none.Error, Does.Contain("none"));
        var noKey = await RunAsync(Vector("dnt_cache.bin"), _folder["none.pem"]);
        Assert.That(noKey.Code, Is.EqualTo(1));
        Assert.That(noKey.Error, Does.StartWith("--key: ").And.Contain("none.pem"));
        var open = Key();
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var readable = await RunAsync(Vector("dnt_cache.bin"), open);
        Assert.That(readable.Error, Does.StartWith("--key: ").And.Contain("chmod"));
    }

    [Test]
    public async Task NodeIsNotThere_Is3()
    {
        var file = _folder.Write("away.json", $$"""{ "api": { "listen": "http://127.0.0.1:1" }, {{Delivery}} }""");
        var (code, _, error) = await Cli.RunAsync(
            ["outbox", "import", Vector("dnt_cache.bin"), "--key", Key(), "--config", file]);
        Assert.That(code, Is.EqualTo(3), error);
    }

    [Test]
    public async Task TheNodeTakesNoMore_NothingBehindIsTried_AndAnotherRunGoesOnInOrder()
    {
        await using var small = await TestNode.StartAsync(
            $$"""
            { "store": "memory", "api": { "listen": "http://127.0.0.1:0" },
              {{Delivery.TrimEnd()[..^1]}}, "limits": { "bytes": "4KiB" } } }
            """);
        var (code, output, error) = await RunAsync(Vector("dnt_cache.bin"), Key(), small, "--json");
        var outcomes = JsonNode.Parse(output)!["entries"]!.AsArray().Select(e => (string)e!["outcome"]!).ToList();
        var failed = outcomes.IndexOf("failed");
        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(failed, Is.GreaterThan(0));
        Assert.That(outcomes[..failed], Is.All.EqualTo("imported"));
        Assert.That(outcomes[(failed + 1)..], Is.All.EqualTo("not tried"));
    }

    private static List<string?> Ids(JsonNode report) =>
        [.. report["entries"]!.AsArray().Select(e => (string?)e!["id"])];

    private static string Vector(string file) => Path.Combine(AppContext.BaseDirectory, "vectors", file);

    private static List<JsonNode> Expected(string file) =>
        [.. JsonNode.Parse(File.ReadAllText(Vector("expected.json")))!.AsArray()
            .First(e => (string)e!["file"]! == file)!["restored_entries"]!.AsArray().Select(e => e!)];

    private string Key()
    {
        var file = _folder.Write("node.pem", File.ReadAllText(Vector("node_key.pem")));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    private async Task<JsonNode> ImportAsync(string file)
    {
        var (code, output, error) = await RunAsync(Vector(file), Key(), null, "--json");
        Assert.That((code, error), Is.EqualTo((0, "")));
        return JsonNode.Parse(output)!;
    }

    private async Task<List<JsonNode>> MessagesAsync() =>
        [.. (await _node.GetAsync("/v1/messages?limit=1000")).Body!["messages"]!.AsArray().Select(m => m!)];

    private Task<(int Code, string Output, string Error)> RunAsync(
        string file, string key, TestNode? node = null, params string[] more)
    {
        node ??= _node;
        var configuration = Path.Combine(node.Folder, "commands.json");
        File.WriteAllText(
            configuration, $$"""{ "store": "memory", "api": { "listen": "{{node.Host.Address}}" }, {{Delivery}} }""");
        return Cli.RunAsync(["outbox", "import", file, "--key", key, "--config", configuration, .. more]);
    }
}
