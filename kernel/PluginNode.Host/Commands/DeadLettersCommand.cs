using System.CommandLine;
using PluginNode.Api;

namespace PluginNode.Commands;

/// <summary><c>pluginnode dead-letters</c>.</summary>
internal static class DeadLettersCommand
{
    private static readonly Option<string?> To = new("--to") { Description = "Only for this peer" };

    public static Command Create()
    {
        var command = new Command("dead-letters", "List dead letters, or replay or purge one") { To, Shared.Limit, Shared.After };
        command.SetAction(async (parsed, cancellation) =>
        {
            var query = MessagesCommand.Query(
                ("to", parsed.GetValue(To)), ("limit", parsed.GetValue(Shared.Limit)), ("after", parsed.GetValue(Shared.After)));
            using var node = Shared.Node(parsed);
            var list = await node.GetAsync($"/v1/dead-letters{query}", ApiJson.Wire.DeadLetterList, cancellation);
            Shared.Screen(parsed).Table(
                list.Json, "no dead letters", MessagesCommand.Columns, list.Value.DeadLetters.Select(MessagesCommand.Row));
            return ExitCode.Done;
        });
        command.Add(Change("replay", "Send it again", HttpMethod.Post, "/replay", "waits again"));
        command.Add(Change("purge", "Forget it for good", HttpMethod.Delete, "", "purged"));
        return command;
    }

    private static Command Change(string name, string description, HttpMethod method, string suffix, string done)
    {
        var id = Shared.Id();
        var command = new Command(name, description) { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var json = await node.CallAsync(method, $"/v1/dead-letters/{parsed.GetValue(id)}{suffix}", null, cancellation);
            Shared.Screen(parsed).Line(json.Length == 0 ? "{}" : json, $"{parsed.GetValue(id)} {done}");
            return ExitCode.Done;
        });
        return command;
    }
}
