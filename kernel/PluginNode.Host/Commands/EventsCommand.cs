using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PluginNode.Api;
using PluginNode.Configuration;

namespace PluginNode.Commands;

/// <summary><c>pluginnode events</c>.</summary>
internal static class EventsCommand
{
    private static readonly Option<string?> Mode = new("--mode")
    {
        Description = "recent (newest first; the default), page (oldest first; the default with --after) or sample",
    };

    private static readonly Option<string[]> Service = new("--service")
    {
        Description = "Only of this service; may be repeated",
    };

    private static readonly Option<string[]> Subject = new("--subject")
    {
        Description = "Only by or about this name; may be repeated",
    };

    private static readonly Option<string?> Since = new("--since")
    {
        Description = "Only from then on: a time (2026-01-31T12:00Z), so long ago (24h), or nanoseconds since 1970",
    };

    private static readonly Option<bool> Hearsay = new("--hearsay")
    {
        Description = "Unsigned events instead, which are kept apart where node.hearsay is set",
    };

    private static readonly Option<string?> After = new("--after") { Description = "Continue behind this cursor" };

    public static Command Create()
    {
        var command = new Command("events", "List the ledger's events, record one, or show one");
        var list = new Command("list", "List events") { Mode, Service, Subject, Since, Hearsay, Shared.Limit, After };
        Mode.AcceptOnlyFromAmong("recent", "page", "sample");
        list.SetAction(ListAsync);
        command.Add(list);
        command.Add(EmitCommand.Create());
        var id = new Argument<string>("id") { Description = "The event's id" };
        var show = new Command("show", "One event") { id };
        show.SetAction((parsed, cancellation) => ShowAsync(parsed, parsed.GetValue(id)!, cancellation));
        command.Add(show);
        return command;
    }

    /// <summary>An event as a list of names and values.</summary>
    public static IEnumerable<(string Name, string? Value)> Fields(JsonElement @event) =>
    [
        ("id", Text(@event, "id")), ("time", TimeOf(@event)), ("service", Text(@event, "svc")),
        ("emitter", Text(@event, "emitter")), ("emitter id", Text(@event, "emitter_id")),
        ("signature", Text(@event, "sig")), ("data", DataOf(@event)),
    ];

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var after = parsed.GetValue(After);
        var parts = new List<(string, object?)>
        {
            ("mode", parsed.GetValue(Mode) ?? (after is null ? "recent" : "page")), ("since", SinceOf(parsed)),
            ("limit", parsed.GetValue(Shared.Limit)), ("after", after),
            ("hearsay", parsed.GetValue(Hearsay) ? "true" : null),
        };
        parts.AddRange((parsed.GetValue(Service) ?? []).Select(s => ("service", (object?)s)));
        parts.AddRange((parsed.GetValue(Subject) ?? []).Select(s => ("subject", (object?)s)));
        using var node = Shared.Node(parsed);
        var list = await node.GetAsync(
            $"/v1/events{MessagesCommand.Query([.. parts])}", ApiJson.Wire.EventList, cancellation);
        Shared.Screen(parsed).Table(
            list.Json, "no events", ["id", "time", "service", "emitter", "data"],
            list.Value.Events.Select(e => new[]
            {
                Text(e, "id"), TimeOf(e), Text(e, "svc"), Text(e, "emitter"), Short(DataOf(e)),
            }));
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, string id, CancellationToken cancellation)
    {
        using var node = Shared.Node(parsed);
        var answer = await node.GetAsync(
            $"/v1/events/{Uri.EscapeDataString(id)}", ApiJson.Wire.JsonElement, cancellation);
        Shared.Screen(parsed).Fields(answer.Json, Fields(answer.Value));
        return ExitCode.Done;
    }

    private static long? SinceOf(ParseResult parsed)
    {
        if (parsed.GetValue(Since) is not { } text) return null;
        const DateTimeStyles style = DateTimeStyles.AssumeLocal | DateTimeStyles.AdjustToUniversal;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var exactly)) return exactly;
        if (Duration.TryParse(text, out var ago)) return Nanoseconds(TimeProvider.System.GetUtcNow() - ago.Value);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, style, out var time)
            ? Nanoseconds(time)
            : throw new WrongUseException("--since: a time, a duration such as 24h, or nanoseconds are needed");
    }

    private static long Nanoseconds(DateTimeOffset time) =>
        Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks) * TimeSpan.NanosecondsPerTick;

    private static string? Text(JsonElement @event, string member) =>
        @event.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    private static string TimeOf(JsonElement @event) =>
        @event.TryGetProperty("ts", out var value) && value.TryGetInt64(out var nanoseconds)
            ? Screen.Time(DateTime.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick))
            : "";

    // The data's member is the service's own: it is the one that all events have not.
    private static string DataOf(JsonElement @event) => @event.EnumerateObject()
        .FirstOrDefault(m => m.Name is not ("id" or "ts" or "svc" or "emitter" or "emitter_id" or "sig"))
        is { Value.ValueKind: not JsonValueKind.Undefined } data ? data.Value.GetRawText() : "";

    private static string Short(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
