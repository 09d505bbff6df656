using System.Text;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Host.Tests;

/// <summary>What plugins answer peers with, as a node loads it.</summary>
public sealed class AnswererPluginTests
{
    private readonly TemporaryFolder _plugins = new();

    [OneTimeSetUp]
    public void Install() => BuiltPlugins.Install("AnsweringPlugin", _plugins);

    [OneTimeTearDown]
    public void Remove() => _plugins.Dispose();

    [Test]
    public async Task Start_TwoAnswerersOfOneProtocol_TheSecondIsAFault_AndTheFirstAnswers()
    {
        await using var node = await TestNode.StartAsync(BuiltPlugins.Configuration(_plugins));
        var plugin = node.Host.Node.Plugins.All.Single(p => p.Id == "answering");
        Assert.That(plugin.State, Is.EqualTo("faulted"));
        Assert.That(plugin.Faults, Is.EqualTo(new[]
        {
            "request answerer: The plugin 'answering' answers '/fixture/addresses' already.",
            "request answerer: no name",
        }));
        using var bob = NodeIdentity.LoadOrCreate(Path.Combine(node.Folder, "bob.pem"));
        var host = (IRequestHost)node.Host.Node.Kernel.TransportHost;
        var request = new PeerRequest("/fixture/addresses", default, 10);
        Assert.That((await host.AnswerAsync(bob.Self, request, default)).Status, Is.EqualTo(RequestStatus.Refused));

        var (status, _) = await node.CallAsync(
            HttpMethod.Put, "/v1/peers/bob",
            $$"""{ "publicKey": "{{Convert.ToBase64String(bob.Self.ToPublicKey())}}" }""");
        Assert.That((int)status, Is.EqualTo(200));
        var outcome = await host.AnswerAsync(bob.Self, request, default);
        Assert.That((outcome.Status, Encoding.UTF8.GetString(outcome.Body.Span)),
            Is.EqualTo((RequestStatus.Answered, "0")), "it has what asks peers, too");
    }
}
