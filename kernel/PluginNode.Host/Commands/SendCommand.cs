using System.CommandLine;
using PluginNode.Api;
using PluginNode.Configuration;

namespace PluginNode.Commands;

/// <summary><c>pluginnode send</c>.</summary>
internal static class SendCommand
{
    private static readonly Argument<string> To = new("to") { Description = "The peer's name or peer id" };
    private static readonly Argument<string> Protocol = new("protocol") { Description = "What the message is for" };

    private static readonly Argument<string?> Text = new("text")
    {
        Description = "The payload as text; without it and --file, standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> File = new("--file") { Description = "A file with the payload" };
    private static readonly Option<string?> Level = new("--level") { Description = "The delivery level" };
    private static readonly Option<string?> Key = new("--key") { Description = "The ordering key" };
    private static readonly Option<string?> Ttl = new("--ttl") { Description = "How long it may wait, e.g. 15m" };
    private static readonly Option<Guid?> Id = new("--id") { Description = "An id of your own, which makes sending again safe" };

    private static readonly Option<string[]> Attribute = new("--attribute", "-a")
    {
        Description = "name=value, travels with the message; may be repeated",
    };

    private static readonly Option<string?> Wait = new("--wait") { Description = "Wait for the end, so long at most, e.g. 10s" };

    public static Command Create()
    {
        var command = new Command("send", "Send a message to a peer")
        {
            To, Protocol, Text, File, Level, Key, Ttl, Id, Attribute, Wait,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var body = new SendBody
        {
            To = parsed.GetValue(To)!,
            Protocol = parsed.GetValue(Protocol)!,
            Text = parsed.GetValue(Text),
            Payload = parsed.GetValue(Text) is null
                ? await Shared.InputAsync(parsed.GetValue(File), cancellation) : null,
            Level = parsed.GetValue(Level),
            Key = parsed.GetValue(Key),
            Ttl = Span("--ttl", parsed.GetValue(Ttl)),
            Id = parsed.GetValue(Id),
            Attributes = Attributes(parsed.GetValue(Attribute) ?? []),
        };
        if (parsed.GetValue(Text) is not null && parsed.GetValue(File) is not null)
            throw new WrongUseException("either text or --file is needed, not both");
        var wait = Span("--wait", parsed.GetValue(Wait));
        var path = wait is null ? "/v1/messages" : $"/v1/messages?wait=delivered&timeout={wait}";
        using var node = Shared.Node(parsed);
        var answer = await node.CallAsync(
            HttpMethod.Post, path, body, ApiJson.Wire.SendBody, ApiJson.Wire.SendResult, cancellation);
        var result = answer.Value;
        Shared.Screen(parsed).Fields(answer.Json,
            [("id", result.Id.ToString()), ("state", result.State), ("durability", result.Durability), ("reason", result.Reason)]);
        return wait is null || result.State is "delivered" or "sent" ? ExitCode.Done : ExitCode.Failed;
    }

    private static Duration? Span(string option, string? text)
    {
        if (text is null) return null;
        return Duration.TryParse(text, out var span) ? span : throw new WrongUseException($"{option}: {Duration.Form}");
    }

    private static Dictionary<string, string>? Attributes(string[] texts)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !attributes.TryAdd(text[..equals], text[(equals + 1)..]))
                throw new WrongUseException($"--attribute: name=value is needed, each name once, not '{text}'");
        }
        return attributes.Count == 0 ? null : attributes;
    }
}
