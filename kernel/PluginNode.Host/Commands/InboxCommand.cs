using System.CommandLine;
using PluginNode.Api;
using PluginNode.Configuration;

namespace PluginNode.Commands;

/// <summary><c>pluginnode inbox</c>.</summary>
internal static class InboxCommand
{
    private static readonly Option<string?> Protocol = new("--protocol") { Description = "Only this protocol" };
    private static readonly Option<string?> From = new("--from") { Description = "Only this sender" };
    private static readonly Option<string?> Wait = new("--wait") { Description = "Where there is none, wait so long, e.g. 30s" };

    public static Command Create()
    {
        var command = new Command("inbox", "List what peers sent, or acknowledge it")
        {
            Protocol, From, Wait, Shared.Limit, Shared.After,
        };
        command.SetAction(ListAsync);

        var ids = new Argument<string[]>("ids")
        {
            Description = "Message ids; peerid/id where two senders used the same one",
            Arity = ArgumentArity.OneOrMore,
        };
        var ack = new Command("ack", "Acknowledge messages, which removes them") { ids };
        ack.SetAction((parsed, cancellation) => AckAsync(parsed, parsed.GetValue(ids)!, cancellation));
        command.Add(ack);
        return command;
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var wait = parsed.GetValue(Wait);
        if (wait is not null && !Duration.TryParse(wait, out _)) throw new WrongUseException($"--wait: {Duration.Form}");
        var query = MessagesCommand.Query(
            ("protocol", parsed.GetValue(Protocol)), ("from", parsed.GetValue(From)), ("wait", wait),
            ("limit", parsed.GetValue(Shared.Limit)), ("after", parsed.GetValue(Shared.After)));
        using var node = Shared.Node(parsed);
        var list = await node.GetAsync($"/v1/inbox{query}", ApiJson.Wire.InboxList, cancellation);
        Shared.Screen(parsed).Table(
            list.Json, "the inbox is empty", ["id", "from", "protocol", "level", "received", "text"],
            list.Value.Messages.Select(m => new[]
            {
                m.Id.ToString(), m.FromName ?? m.From, m.Protocol, m.Level, Screen.Time(m.ReceivedAt),
                Short(m.Text) ?? $"{m.Payload.Length} bytes",
            }));
        return ExitCode.Done;
    }

    private static async Task<int> AckAsync(ParseResult parsed, string[] ids, CancellationToken cancellation)
    {
        using var node = Shared.Node(parsed);
        var answer = await node.CallAsync(
            HttpMethod.Post, "/v1/inbox/ack", new AckBody { Ids = ids }, ApiJson.Wire.AckBody, ApiJson.Wire.AckAnswer,
            cancellation);
        var result = answer.Value;
        Shared.Screen(parsed).Fields(answer.Json,
        [
            ("acknowledged", $"{result.Acknowledged}"), ("unknown", string.Join(", ", result.Unknown)),
            ("ambiguous", string.Join(", ", result.Ambiguous)),
        ]);
        return result.Unknown.Count + result.Ambiguous.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static string? Short(string? text) => text is { Length: > 60 } ? text[..60] + "…" : text;
}
