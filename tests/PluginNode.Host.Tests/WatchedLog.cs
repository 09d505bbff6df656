using PluginNode.Conformance;
namespace PluginNode.Host.Tests;

/// <summary>A log in memory that can be waited on. Callable from any thread.</summary>
internal sealed class WatchedLog : StringWriter
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly List<(string Text, TaskCompletionSource Logged)> _waiting = [];

    /// <summary>What was logged.</summary>
    public string Text
    {
        get
        {
            lock (_gate) return ToString();
        }
    }

    public override void WriteLine(string? value)
    {
        lock (_gate)
        {
            base.WriteLine(value);
            foreach (var (text, logged) in _waiting)
                if (value!.Contains(text, StringComparison.Ordinal)) logged.TrySetResult();
        }
    }

    /// <summary>Waits until a line holds that text.</summary>
    public Task UntilAsync(string text)
    {
        lock (_gate)
        {
            if (ToString().Contains(text, StringComparison.Ordinal)) return Task.CompletedTask;
            var logged = Signal.New();
            _waiting.Add((text, logged));
            return logged.Task.WaitAsync(Within);
        }
    }
}
