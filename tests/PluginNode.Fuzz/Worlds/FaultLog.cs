using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Worlds;

/// <summary>Keeps what a node says of its own faults: no input may cause one.</summary>
internal sealed class FaultLog : ILoggerFactory, ILogger
{
    // that a record's content is damaged: the input's doing, and rightly an error
    private static readonly int[] Damage = [1011, 1014];

    private readonly ConcurrentQueue<string> _faults = [];

    /// <exception cref="BrokenPropertyException">There was one.</exception>
    public void AssertNone()
    {
        if (_faults.TryPeek(out var fault)) throw new BrokenPropertyException($"a fault of the node's own: {fault}");
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    // An error is what the control API logs of a request that it failed at.
    public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Critical or LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?,
            string> formatter)
    {
        if (IsEnabled(logLevel) && !Damage.Contains(eventId.Id))
            _faults.Enqueue($"{formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
