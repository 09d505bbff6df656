using PluginNode.Libp2p.Fakes;

namespace PluginNode.Libp2p.Yamux;

[TestFixture]
internal sealed class YamuxSessionTests
{
    [Test]
    public async Task Echo_OfMegabytes_ComesBack([Values(0, 1, 12, 65_519, 3_000_017)] int bytes)
    {
        await using var pair = SessionPair.Start();
        var sent = new byte[bytes];
        new Random(bytes).NextBytes(sent);
        var stream = await pair.Client.OpenAsync(default);
        var writing = Task.Run(async () =>
        {
            for (var at = 0; at < sent.Length; at += 7_919)
                await stream.WriteAsync(sent.AsMemory(at, Math.Min(7_919, sent.Length - at)));
            stream.CloseWrite();
        });
        var accepted = pair.AcceptedAsync().SoonAsync();
        var echoing = Task.Run(async () =>
        {
            var theirs = await accepted;
            await theirs.CopyToAsync(theirs, 4_099);
            theirs.CloseWrite();
        });
        using var back = new MemoryStream();
        await stream.CopyToAsync(back).SoonAsync();
        await Task.WhenAll(writing, echoing).SoonAsync();
        Assert.That(back.ToArray(), Is.EqualTo(sent));
        await Patience.UntilAsync(() => pair.Client.StreamCount + pair.Server.StreamCount == 0, "no stream is left");
        Assert.That(pair.Client.Buffered + pair.Server.Buffered, Is.Zero);
    }
}
