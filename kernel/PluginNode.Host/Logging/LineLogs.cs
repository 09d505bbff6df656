using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginNode.Plugins;

namespace PluginNode.Logging;

/// <summary>Writes one line an event: readable on a terminal, JSON for everything else.</summary>
/// <param name="output">Where to; written under a lock.</param>
/// <param name="json">Whether as JSON.</param>
/// <param name="time">The clock.</param>
internal sealed class LineLogs(TextWriter output, bool json, TimeProvider time) : ILoggerProvider
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();

    /// <summary>Logs for a command, to its error stream: what it answers goes to its output.</summary>
    public static ILoggerFactory Create(TextWriter error, TimeProvider time, LogLevel least = LogLevel.Information) =>
        LoggerFactory.Create(b => b.SetMinimumLevel(least)
            .AddFilter("Microsoft", LogLevel.Warning)
            // A start that fails is told by the command, with the key that is concerned.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
            .AddProvider(new LineLogs(error, !IsTerminal(error), time)));

    private static bool IsTerminal(TextWriter error) => ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName);

    public void Dispose() => output.Flush();

    private void Write(
        LogLevel level, string category, EventId id, string message, Exception? exception,
        IReadOnlyList<KeyValuePair<string, object?>>? values)
    {
        var line = json
            ? Json(level, category, id, message, exception, values)
            : Human(level, category, message, exception);
        lock (_gate) output.WriteLine(line);
    }

    private string Human(LogLevel level, string category, string message, Exception? exception)
    {
        var name = category[(category.LastIndexOf('.') + 1)..];
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{time.GetLocalNow():HH:mm:ss.fff} {Word(level)} {name}: {message}");
        return OneLine(exception is null ? text : $"{text} ({FaultText.Of(exception)})");
    }

    private string Json(
        LogLevel level, string category, EventId id, string message, Exception? exception,
        IReadOnlyList<KeyValuePair<string, object?>>? values)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("time", time.GetUtcNow().UtcDateTime);
            writer.WriteString("level", Word(level).TrimEnd());
            writer.WriteString("category", category);
            writer.WriteNumber("event", id.Id);
            writer.WriteString("message", message);
            foreach (var (key, value) in values ?? [])
                if (key is not "{OriginalFormat}") WriteValue(writer, key, value);
            if (exception is not null) writer.WriteString("exception", exception.ToString());
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void WriteValue(Utf8JsonWriter writer, string key, object? value)
    {
        if (value is int or long) writer.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
        else if (value is bool flag) writer.WriteBoolean(key, flag);
        else writer.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        _ => "error",
    };

    private sealed class LineLogger(LineLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            logs.Write(logLevel, category, eventId, formatter(state, exception), exception,
                state as IReadOnlyList<KeyValuePair<string, object?>>);
    }
}
