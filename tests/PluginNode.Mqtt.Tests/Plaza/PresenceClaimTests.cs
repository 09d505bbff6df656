using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>Presence events as nara's own code (github.com/eljojo/nara) wrote them, byte for byte.</summary>
[TestFixture]
internal sealed class PresenceClaimTests
{
    private static IEnumerable<TestCaseData> Vectors =>
        from file in (string[])["events-hey-there.json", "events-chau.json"]
        from v in JsonNode.Parse(File.ReadAllText(
            Path.Combine(AppContext.BaseDirectory, "vectors", file)))!["vectors"]!.AsArray()
        select new TestCaseData(v!).SetArgDisplayNames((string)v!["name"]!);

    [TestCaseSource(nameof(Vectors))]
    public void Event_OfNara_IsRead_AndItsDataIsWrittenAsThere(JsonNode v)
    {
        var text = (string)v["json_text"]!;
        Assert.That(PresenceClaim.Read(Encoding.UTF8.GetBytes(text)), Is.EqualTo(
            new PresenceClaim((string)v["service"]!, (string)v["emitter"]!)));
        var data = v["event"]![(string)v["service"]! == "chau" ? "chau" : "hey_there"]!;
        if ((string)data["PublicKey"]! == "") return; // this node always tells its key
        var (name, key) = ((string)data["From"]!, PeerId.FromPublicKey(
            Convert.FromBase64String((string)data["PublicKey"]!)));
        var written = (string)v["service"]! == "chau"
            ? PresenceClaim.ChauOf(name, key) : PresenceClaim.HeyThereOf(name, key);
        // what this node has none of
        foreach (var member in (string[])["MeshIP", "ID", "Signature"])
            text = text.Replace($"\"{member}\":\"{data[member]}\"", $"\"{member}\":\"\"", StringComparison.Ordinal);
        Assert.That(text, Does.EndWith($":{Encoding.UTF8.GetString(written)}}}"));
    }

    [TestCase("""{"svc":"social","emitter":"a"}""")]
    [TestCase("""{"svc":"chau"}""")]
    [TestCase("""{"svc":"chau","emitter":""}""")]
    [TestCase("""{"svc":"chau","emitter":null}""")]
    [TestCase("""{"svc":"chau","emitter":7}""")]
    [TestCase("""{"svc":"chau","emitter":"a","Emitter":"b"}""")]
    [TestCase("""{"svc":"chau","SVC":"chau","emitter":"a"}""")]
    [TestCase("""{"svc":"chau","emitter":"\ud800"}""")]
    [TestCase("""{"svc":"chau","emitter":"a"}x""")]
    [TestCase("""{"svc":"chau","emitter":"a" """)]
    [TestCase("[]")]
    [TestCase("")]
    public void WhatIsNoPresenceEvent_IsNull(string json) =>
        Assert.That(PresenceClaim.Read(Encoding.UTF8.GetBytes(json)), Is.Null);
}
