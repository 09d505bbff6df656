using PluginNode.Conformance.Fakes;

namespace PluginNode.Host.Tests;

/// <summary>The operator's word about a clock that moved.</summary>
[TestFixture]
public sealed class ClockApiTests
{
    [Test]
    public async Task Confirm_AfterAStep_EndsTheDoubt()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await TestNode.StartAsync(time: time);
        Assert.That(await InDoubtAsync(HttpMethod.Get, "/v1/clock"), Is.False);
        time.SetUtcNow(time.GetUtcNow() + TimeSpan.FromHours(1));
        time.Advance(TimeSpan.FromSeconds(5)); // the kernel looks every five seconds
        while (!await InDoubtAsync(HttpMethod.Get, "/v1/clock")) time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(await InDoubtAsync(HttpMethod.Post, "/v1/clock/confirm"), Is.False);
        Assert.That(await InDoubtAsync(HttpMethod.Get, "/v1/clock"), Is.False);

        async Task<bool> InDoubtAsync(HttpMethod method, string path) =>
            (await node.CallAsync(method, path, null)).Body!["inDoubt"]!.GetValue<bool>();
    }
}
