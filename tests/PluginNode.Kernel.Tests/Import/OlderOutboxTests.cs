using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Import;
using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Import;

/// <summary>Files as the older program wrote them, made by a generator that follows its source; see expected.json for
/// what that program did with each.</summary>
[TestFixture]
public sealed class OlderOutboxTests
{
    private const string Info = "oc-discovery/dnt-cache/v1";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "vectors");

    public static IEnumerable<TestCaseData> Good => Expected("ok");

    public static IEnumerable<TestCaseData> Unreadable => Expected("cache file");

    [TestCaseSource(nameof(Good))]
    public void Read_GoodFile_GivesItsEntriesInOrder(JsonObject expected)
    {
        var entries = Read(expected);
        Assert.That(entries, Has.Count.EqualTo((int)expected["entries_in_file"]!));
        Assert.That(entries.Select(e => e.Id).Distinct().Count(), Is.EqualTo(entries.Count));
        // the older program restores those of one level alone; here all are read, and who imports decides
        var restored = Restored(expected);
        Assert.That(entries.Select(Text).Where(restored.Contains), Is.EqualTo(restored));
    }

    [TestCaseSource(nameof(Unreadable))]
    public void Read_DamagedForeignOrShort_SaysWhy(JsonObject expected)
    {
        var problem = Assert.Throws<OlderOutboxException>(() => Read(expected))!.Message;
        var outcome = (string)expected["go_outcome"]!;
        Assert.That(problem, Does.Contain(
            (int)expected["bytes"]! < 28 ? "too short"
            : outcome.Contains("unmarshal", StringComparison.Ordinal) ? "holds no such messages" : "does not open it"));
    }

    [Test]
    public void Read_AnyByteFlipped_IsNotTaken()
    {
        var bytes = Bytes("dnt_cache_unknown_proto.bin");
        using var identity = Key("node_key.pem");
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.That(() => OlderOutbox.Read(identity, bytes), Throws.TypeOf<OlderOutboxException>());
            bytes[i] ^= 1;
        }
        Assert.That(OlderOutbox.Read(identity, bytes), Has.Count.EqualTo(2));
    }

    [Test]
    public void Read_Details_AreKept()
    {
        using var identity = Key("node_key.pem");
        var entries = OlderOutbox.Read(identity, Bytes("dnt_cache.bin"));
        Assert.Multiple(() =>
        {
            Assert.That(entries[0].Attributes, Is.EqualTo(new Dictionary<string, string>
            {
                ["did"] = "did:oc:00000000", ["user"] = "alice", ["dt"] = "0",
                ["addedAt"] = "2026-04-29T07:41:03.123456789+02:00",
            }));
            Assert.That(entries[3].Attributes.ContainsKey("dt"), Is.False);
            Assert.That(entries[4].Addresses, Is.Empty);
            Assert.That(entries[4].Attributes["user"], Is.EqualTo("erin <e&e@x.org>"));
            Assert.That(entries[4].Payload.ToArray(), Is.EqualTo(Convert.FromBase64String("AAH+/yBiaW5hcnk=")));
            Assert.That(entries[6].Payload.Length, Is.Zero);
            Assert.That(entries[6].Attributes.ContainsKey("user"), Is.False);
        });
    }

    [Test]
    public void Id_IsTheSameAgain_WhateverWasTriedMeanwhile_AndEqualOnesAreTold()
    {
        const string one = """{"did":"d","addr":{"ID":"p","Addrs":[]},"user":"u","payload":"AA==","proto":"/p",""";
        var other = one.Replace("[]", """["/ip4/1.2.3.4/tcp/1"]""", StringComparison.Ordinal);
        var first = Of($$"""[{{one}}"retries":0,"added_at":"t"},{{one}}"retries":0,"added_at":"t"}]""");
        var later = Of($$"""[{{other}}"retries":9,"added_at":"t"},{{one}}"retries":0,"added_at":"u"}]""");
        Assert.That(later[0].Id, Is.EqualTo(first[0].Id));
        Assert.That(first[1].Id, Is.Not.EqualTo(first[0].Id));
        Assert.That(later[1].Id, Is.Not.EqualTo(first[0].Id).And.Not.EqualTo(first[1].Id));
        Assert.That(first[0].Id.Version, Is.EqualTo(8));
        // it must be so for all time: a file is imported by this version and again by a later one
        using var identity = Key("node_key.pem");
        Assert.That(OlderOutbox.Read(identity, Bytes("dnt_cache.bin"))[0].Id,
            Is.EqualTo(Guid.Parse("bc932a27-cb0d-8af9-a740-cb941becbab6")));
    }

    [TestCase("{}"), TestCase("[null]"), TestCase("[1]"), TestCase("[{}]"), TestCase("\"x\"")]
    [TestCase("""[{"did":"d","addr":null,"user":"u","payload":"","proto":"/p","retries":0,"added_at":"t"}]""")]
    [TestCase("""[{"did":"d","addr":{"ID":"p","Addrs":[]},"user":"u","payload":"?","proto":"/p","added_at":""}]""")]
    [TestCase("""[{"did":"","addr":{"ID":"","Addrs":[]},"user":"","payload":"","proto":"","added_at":"","new":1}]""")]
    public void Read_OtherContent_IsRefusedAsAWhole(string content) => Assert.That(
        () => Of(content),
        Throws.TypeOf<OlderOutboxException>().With.Message.Contains("holds no such messages"));

    private static IReadOnlyList<OlderEntry> Of(string content)
    {
        using var identity = Key("node_key.pem");
        var (plain, file) = (Encoding.UTF8.GetBytes(content), new byte[28 + Encoding.UTF8.GetByteCount(content)]);
        using var aes = new AesGcm(identity.DeriveKey([], Info, 32), 16);
        aes.Encrypt(file.AsSpan(0, 12), plain, file.AsSpan(12, plain.Length), file.AsSpan(12 + plain.Length));
        return OlderOutbox.Read(identity, file);
    }

    private static IReadOnlyList<OlderEntry> Read(JsonObject expected)
    {
        using var identity = Key((string)expected["key_used_to_open"]!);
        return OlderOutbox.Read(identity, Bytes((string)expected["file"]!));
    }

    private static List<string> Restored(JsonObject expected)
    {
        var all = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json")))!.AsArray();
        // where none are named they are those of the good file
        var named = expected["restored_entries"] ?? ((int)expected["entries_restored"]! == 0 ? new JsonArray()
            : all.First(e => (string)e!["file"]! == "dnt_cache.bin")!["restored_entries"]!);
        return [.. named.AsArray().Select(e => Text(e!))];
    }

    private static byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    private static NodeIdentity Key(string pem)
    {
        // PKCS#8 of an Ed25519 key ends with the seed (RFC 8410)
        var base64 = string.Concat(File.ReadLines(Path.Combine(Folder, pem)).Where(l => !l.StartsWith('-')));
        return NodeIdentity.FromSeed(Convert.FromBase64String(base64).AsSpan()[^32..]);
    }

    private static IEnumerable<TestCaseData> Expected(string outcome) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json")))!.AsArray()
            .Select(e => e!.AsObject())
            .Where(e => ((string)e["go_outcome"]!).StartsWith(outcome, StringComparison.Ordinal))
            .Select(e => new TestCaseData(e).SetArgDisplayNames((string)e["file"]!, (string)e["key_used_to_open"]!));

    private static string Text(JsonNode e) =>
        $"{e["addr"]!["ID"]} {e["proto"]} {(string?)e["payload"] ?? ""} "
        + $"{string.Join(' ', e["addr"]!["Addrs"]!.AsArray())} {e["added_at"]}";

    private static string Text(OlderEntry e) =>
        $"{e.PeerText} {e.Protocol} {Convert.ToBase64String(e.Payload.Span)} "
        + $"{string.Join(' ', e.Addresses)} {e.AddedAt}";
}
