using PluginNode.Conformance.Fakes;
using PluginNode.MeshHttp.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

[TestFixture]
public sealed class NeighbourDaysTests
{
    [Test]
    public async Task WhoIsSilent_IsWaitedForLessLongThanTheKernelWaits_AndIsNoFault()
    {
        var (time, neighbours) = (new ManualTimeProvider(), new ScriptedNeighbours());
        neighbours.Add("silent").BeforeDays = token => Task.Delay(Timeout.InfiniteTimeSpan, time, token);
        var asking = new NeighbourDays(neighbours, time).DaysAsync(neighbours.Plan()[0], CancellationToken.None);
        Assert.That(asking.IsCompleted, Is.False);
        time.Advance(NeighbourDays.MostTime);
        Assert.That(await asking.WaitAsync(TimeSpan.FromSeconds(60)), Is.Null);
        Assert.That(NeighbourDays.MostTime, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task Cancelled_ItSaysSo()
    {
        var (time, neighbours) = (new ManualTimeProvider(), new ScriptedNeighbours());
        neighbours.Add("silent").BeforeDays = token => Task.Delay(Timeout.InfiniteTimeSpan, time, token);
        using var cancel = new CancellationTokenSource();
        var asking = new NeighbourDays(neighbours, time).DaysAsync(neighbours.Plan()[0], cancel.Token);
        await cancel.CancelAsync();
        Assert.That(async () => await asking, Throws.InstanceOf<OperationCanceledException>());
    }
}
