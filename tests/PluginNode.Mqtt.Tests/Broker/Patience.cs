using System.Diagnostics;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>Waits for what must come; how long it took is no matter.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task<T> ForAsync<T>(Task<T> task) => task.WaitAsync(Limit);

    public static Task ForAsync(Task task) => task.WaitAsync(Limit);

    public static Task<T> ForAsync<T>(ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    public static async Task UntilAsync(Func<bool> holds, Func<string> otherwise)
    {
        for (var waited = Stopwatch.StartNew(); !holds(); await Task.Delay(5))
            if (waited.Elapsed > Limit) Assert.Fail(otherwise());
    }
}
