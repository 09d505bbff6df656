using System.Diagnostics;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Waits for what is to come.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(20))
            Assert.That(waited.Elapsed, Is.LessThan(patience ?? Patience), what);
    }
}
