namespace PluginNode.Libp2p.Fakes;

/// <summary>No test waits for ever: whatever takes as long as this hangs. It is no measure of speed.</summary>
internal static class Patience
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    public static Task<T> SoonAsync<T>(this Task<T> task) => task.WaitAsync(Long);

    public static Task SoonAsync(this Task task) => task.WaitAsync(Long);

    public static Task<T> SoonAsync<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Long);

    public static Task SoonAsync(this ValueTask task) => task.AsTask().WaitAsync(Long);

    /// <summary>Waits until something is so that nobody tells of.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var patience = new CancellationTokenSource(Long);
        while (!holds())
        {
            if (patience.IsCancellationRequested) Assert.Fail($"It never came to pass: {what}.");
            await Task.Yield();
        }
    }

    /// <summary>The fault that a call must end with.</summary>
    public static async Task<Libp2pFault> FaultOfAsync(Func<Task> call)
    {
        try
        {
            await call().SoonAsync();
        }
        catch (Libp2pException e)
        {
            return e.Fault;
        }
        throw new AssertionException("It should have failed.");
    }
}
