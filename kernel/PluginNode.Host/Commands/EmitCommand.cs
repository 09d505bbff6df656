using System.CommandLine;
using System.Text.Json;
using PluginNode.Api;

namespace PluginNode.Commands;

/// <summary><c>pluginnode events emit</c>.</summary>
internal static class EmitCommand
{
    private static readonly Argument<string> Service = new("service") { Description = "What kind of event, e.g. door" };

    private static readonly Argument<string?> Data = new("data")
    {
        Description = "What happened, as JSON; without it and --file, standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> File = new("--file") { Description = "A file with the JSON" };

    public static Command Create()
    {
        var command = new Command("emit", "Record an event of this node: signed, and on stable storage")
        {
            Service, Data, File,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (text, file) = (parsed.GetValue(Data), parsed.GetValue(File));
        if (text is not null && file is not null)
            throw new WrongUseException("either data or --file is needed, not both");
        using var data = text is not null
            ? Parse(System.Text.Encoding.UTF8.GetBytes(text), "data")
            : Parse(await Shared.InputAsync(file, cancellation), file ?? "standard input");
        using var node = Shared.Node(parsed);
        var answer = await node.CallAsync(
            HttpMethod.Post, "/v1/events",
            new EventPost { Service = parsed.GetValue(Service)!, Data = data.RootElement },
            ApiJson.Wire.EventPost, ApiJson.Wire.JsonElement, cancellation);
        Shared.Screen(parsed).Fields(answer.Json, EventsCommand.Fields(answer.Value));
        return ExitCode.Done;
    }

    private static JsonDocument Parse(byte[] json, string source)
    {
        try
        {
            var document = JsonDocument.Parse(json);
            // Half of a surrogate pair shows only when it is written.
            using var nowhere = new Utf8JsonWriter(Stream.Null);
            document.WriteTo(nowhere);
            return document;
        }
        catch (InvalidOperationException)
        {
            throw new WrongUseException($"{source}: {Configuration.StrictJson.NoText}");
        }
        catch (JsonException e)
        {
            throw new WrongUseException(
                $"{source}: JSON is needed (a text stands in double quotes): {Configuration.StrictJson.Explain(e)}");
        }
    }
}
