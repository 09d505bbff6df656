namespace PluginNode.EndToEnd.Tests;

[TestFixture]
public sealed class KillTests : NodesInAFolder
{
    [Test]
    public Task Sender_KilledFiftyTimesUnderLoad_LosesNothingAndKeepsOrder() => PlayAsync(killSender: true, kills: 50);

    [Test]
    public Task Receiver_KilledFiftyTimesUnderLoad_LosesNothingAndDoublesNothing() =>
        PlayAsync(killSender: false, kills: 50);

    [Test]
    public Task Sender_KilledOverLibp2p_LosesNothingAndKeepsOrder() =>
        PlayAsync(killSender: true, kills: 15, n => [n.Libp2pAddress]);

    [Test]
    public Task Receiver_KilledOverLibp2p_LosesNothingAndDoublesNothing() =>
        PlayAsync(killSender: false, kills: 15, n => [n.Libp2pAddress]);

    private async Task PlayAsync(bool killSender, int kills, Func<NodeProcess, string[]>? addresses = null)
    {
        await using var sender = new NodeProcess(Folder, "sender");
        await using var receiver = new NodeProcess(Folder, "receiver");
        await NodeProcess.IntroduceAsync(sender, receiver, addresses ?? (n => [n.MeshAddress]));
        await KillRounds.PlayAsync(sender, receiver, killSender, kills);
    }
}
