using System.Net.Sockets;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Takes connections and what they write, and hands it on only when told to.</summary>
internal sealed class SlowRelay(int to) : Relay(to)
{
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when somebody wrote something.</summary>
    public Task CalledAsync() => _called.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void LetGo() => _letGo.TrySetResult();

    public override void Dispose()
    {
        LetGo();
        base.Dispose();
    }

    protected override async Task RelayAsync(NetworkStream near)
    {
        var begun = new byte[1 << 16];
        var length = await near.ReadAsync(begun);
        _called.TrySetResult();
        await _letGo.Task;
        using var far = await ReachAsync();
        await far.GetStream().WriteAsync(begun.AsMemory(0, length));
        await Task.WhenAny(near.CopyToAsync(far.GetStream()), far.GetStream().CopyToAsync(near));
    }
}
