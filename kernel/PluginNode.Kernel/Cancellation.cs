namespace PluginNode;

/// <summary>Cancelling on the calling thread: <c>CancelAsync</c> would leave the synchronization context.</summary>
internal static class Cancellation
{
    public static Task CancelOnceAsync(this CancellationTokenSource source)
    {
        if (!source.IsCancellationRequested) source.Cancel();
        return Task.CompletedTask;
    }
}
