using System.CommandLine;
using System.Globalization;
using PluginNode.Api;

namespace PluginNode.Commands;

/// <summary><c>pluginnode messages</c>.</summary>
internal static class MessagesCommand
{
    private static readonly Option<string?> State = new("--state") { Description = "Only this state" };
    private static readonly Option<string?> To = new("--to") { Description = "Only for this peer" };

    public static Command Create()
    {
        var command = new Command("messages", "List messages that go out, or show, retry, cancel one")
        {
            State, To, Shared.Limit, Shared.After,
        };
        State.AcceptOnlyFromAmong([.. StateText.All]);
        command.SetAction(ListAsync);

        var id = Shared.Id();
        var show = new Command("show", "One message with its history") { id };
        show.SetAction((parsed, cancellation) => ShowAsync(parsed, parsed.GetValue(id), cancellation));
        command.Add(show);
        command.Add(Change("retry", "Try now", HttpMethod.Post, "/retry"));
        command.Add(Change("cancel", "Cancel", HttpMethod.Delete, ""));
        return command;
    }

    /// <summary>The rows of a table of messages.</summary>
    public static readonly string[] Columns =
        ["id", "to", "protocol", "level", "state", "durability", "tries", "created", "reason"];

    /// <summary>One message as a row.</summary>
    public static string?[] Row(MessageBody m) =>
    [
        m.Id.ToString(), m.ToName ?? m.To, m.Protocol, m.Level, m.State, m.Durability,
        m.Attempts.ToString(CultureInfo.InvariantCulture), Screen.Time(m.Created), m.Reason,
    ];

    /// <summary>The query of a list.</summary>
    public static string Query(params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var given = new List<string>();
        foreach (var (name, value) in parts)
            if (value is not null)
                given.Add($"{name}={Uri.EscapeDataString(Convert.ToString(value, CultureInfo.InvariantCulture)!)}");
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var query = Query(
            ("state", parsed.GetValue(State)), ("to", parsed.GetValue(To)), ("limit", parsed.GetValue(Shared.Limit)),
            ("after", parsed.GetValue(Shared.After)));
        using var node = Shared.Node(parsed);
        var list = await node.GetAsync($"/v1/messages{query}", ApiJson.Wire.MessageList, cancellation);
        Shared.Screen(parsed).Table(list.Json, "no messages", Columns, list.Value.Messages.Select(Row));
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, Guid id, CancellationToken cancellation)
    {
        using var node = Shared.Node(parsed);
        var answer = await node.GetAsync($"/v1/messages/{id}", ApiJson.Wire.MessageBody, cancellation);
        var m = answer.Value;
        var screen = Shared.Screen(parsed);
        screen.Fields(answer.Json,
        [
            ("id", m.Id.ToString()), ("to", m.ToName is null ? m.To : $"{m.ToName} ({m.To})"), ("protocol", m.Protocol),
            ("level", m.Level), ("key", m.Key), ("state", m.State), ("durability", m.Durability), ("reason", m.Reason),
            ("bytes", m.Bytes.ToString(CultureInfo.InvariantCulture)), ("created", Screen.Time(m.Created)),
            ("expires", Screen.Time(m.Expires)), ("ended", Screen.Time(m.EndedAt)),
            ("next attempt", Screen.Time(m.NextAttempt)),
            ("attempts", m.Attempts.ToString(CultureInfo.InvariantCulture)),
        ]);
        if (!screen.IsJson && m.History is { Count: > 0 } history)
            screen.Table("", "", ["at", "address", "outcome"], history.Select(a =>
                new[] { Screen.Time(a.At), a.Address, a.Outcome }));
        return ExitCode.Done;
    }

    private static Command Change(string name, string description, HttpMethod method, string suffix)
    {
        var id = Shared.Id();
        var command = new Command(name, description) { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var answer = await node.CallAsync(
                method, $"/v1/messages/{parsed.GetValue(id)}{suffix}", ApiJson.Wire.MessageBody, cancellation);
            Shared.Screen(parsed).Line(answer.Json ?? "{}", $"{parsed.GetValue(id)} {answer.Value?.State ?? "gone"}");
            return ExitCode.Done;
        });
        return command;
    }
}
