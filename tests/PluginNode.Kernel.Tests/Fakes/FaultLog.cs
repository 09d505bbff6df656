using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PluginNode.Kernel.Tests.Fakes;

/// <summary>Keeps what the kernel says of its own faults: no test may end with one.</summary>
internal sealed class FaultLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _faults = [];

    public void AssertNone() => Assert.That(_faults, Is.Empty, "the kernel reported faults of its own");

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel == LogLevel.Critical) _faults.Enqueue(formatter(state, exception));
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
