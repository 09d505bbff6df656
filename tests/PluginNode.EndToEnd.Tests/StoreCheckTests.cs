using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary><c>pluginnode store check</c>: reads everything, changes nothing, says what it found.</summary>
[TestFixture]
public sealed class StoreCheckTests
{
    private string _folder = null!;
    private NodeProcess _node = null!;
    private NodeProcess _peer = null!;

    [SetUp]
    public async Task SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("pluginnode-e2e-").FullName;
        (_node, _peer) = (new NodeProcess(_folder, "alpha"), new NodeProcess(_folder, "beta"));
        await NodeProcess.IntroduceAsync(_node, _peer);
        await _node.StartAsync();
        for (var i = 0; i < 3; i++) await _node.SendAsync("beta", $"0:{i}");
    }

    [TearDown]
    public async Task TearDown()
    {
        await _node.DisposeAsync();
        await _peer.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase(true), TestCase(false)]
    public async Task NodeIsStopped_ReportsNoDamage_AndTouchesNothing(bool gently)
    {
        if (gently) await _node.StopAsync();
        else await _node.KillAsync();
        var before = Snapshot.Of(_node.Folder);
        var (exit, output) = await _node.CommandAsync("store", "check");
        Assert.That(exit, Is.Zero, output);
        Assert.That(output, Does.Match(@"damage +none").And.Match(@"records +[1-9]"));
        Assert.That(Snapshot.Of(_node.Folder), Is.EqualTo(before));

        var report = JsonNode.Parse((await _node.CommandAsync("store", "check", "--json")).Output)!;
        Assert.That(report["damage"]!.AsArray(), Is.Empty);
        Assert.That(report["records"]!.GetValue<long>(), Is.GreaterThanOrEqualTo(3));
    }

    [Test]
    public async Task NodeRuns_SaysWhoHoldsTheStore_AndTheNodeGoesOn()
    {
        await StartFailureTests.FailsAsync(
            _node, 1, ["store", "check"], _node.Store, $"process {_node.ProcessId}");
        await _node.SendAsync("beta", "0:3");
    }

    [Test]
    public async Task AByteIsFlipped_SaysWhereAndTouchesNothing()
    {
        await _node.KillAsync();
        var segment = Directory.GetFiles(_node.Store, "*.seg").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[bytes.AsSpan().LastIndexOf("PNR1"u8) + 70] ^= 0x40;
        await File.WriteAllBytesAsync(segment, bytes);
        var before = Snapshot.Of(_node.Folder);
        for (var i = 0; i < 2; i++)
        {
            var (exit, output) = await _node.CommandAsync("store", "check");
            Assert.That(exit, Is.EqualTo(1), output);
            Assert.That(output, Does.Match("damage +1").And.Contain(Path.GetFileName(segment)).And.Contain("checksum"));
        }
        var report = JsonNode.Parse((await _node.CommandAsync("store", "check", "--json")).Output)!;
        Assert.That(report["damage"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(Snapshot.Of(_node.Folder), Is.EqualTo(before));
    }

    [Test]
    public async Task NodeWasNeverStarted_SaysSo_AndMakesNothing()
    {
        await using var fresh = new NodeProcess(_folder, "gamma");
        var before = Snapshot.Of(fresh.Folder);
        await StartFailureTests.FailsAsync(fresh, 1, ["store", "check"], "node.identity", "identity.pem");
        Assert.That(Snapshot.Of(fresh.Folder), Is.EqualTo(before));
    }
}
