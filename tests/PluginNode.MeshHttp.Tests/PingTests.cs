using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class PingTests
{
    [Test]
    public async Task Ping_Asked_AnswersByteForByteAsNaraDoesAndWhatElseItCan()
    {
        var ring = new KeyRing();
        // a key whose base64 has the characters that JSON writers like to escape
        var key = Enumerable.Range(0, PeerId.KeyBytes).Select(i => i % 3 == 0 ? (byte)0xfb : (byte)0xff).ToArray();
        var signer = new TestSigner(ring, PeerId.FromPublicKey(key));
        var time = new ManualTime();
        await using var bob = await new TestNode(
            ring, new() { Listen = "http://127.0.0.1:0", Name = "bob" }, time, signer).StartAsync();
        using var http = new HttpClient();

        using var response = await http.GetAsync(new Uri(bob.Url, "/ping"));

        var nanoseconds = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
        var keyText = Convert.ToBase64String(key);
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(
            $$"""{"from":"bob","mesh_ip":"","public_key":"{{keyText}}","t":{{nanoseconds}},"""
            + "\"pluginnode\":[\"frames\"]}\n"));
    }
}
