using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PluginNode.Conformance.Fakes;

/// <summary>Keeps every line that is logged, of every level, as text. Thread-safe.</summary>
public sealed class RecordingLogs : ILoggerFactory, ILogger
{
    /// <summary>The lines, each with its level and event.</summary>
    public ConcurrentQueue<(LogLevel Level, EventId Event, string Text)> Lines { get; } = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It only records.");

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        Lines.Enqueue((logLevel, new EventId(eventId.Id), formatter(state, exception)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // what was recorded stays
    }
}
