using System.CommandLine;
using PluginNode.Api;

namespace PluginNode.Commands;

/// <summary><c>pluginnode plugins</c>.</summary>
internal static class PluginsCommand
{
    public static Command Create()
    {
        var command = new Command("plugins", "List plugins, with what they provide and what is wrong with them");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var list = await node.GetAsync("/v1/plugins", ApiJson.Wire.PluginList, cancellation);
            Shared.Screen(parsed).Table(list.Json, "no plugins", ["id", "version", "state", "provides", "schemes", "faults"],
                list.Value.Plugins.Select(p => new[]
                {
                    p.Id, p.Version, p.State, string.Join(", ", p.Provides), string.Join(", ", p.Schemes),
                    string.Join("; ", p.Faults),
                }));
            return ExitCode.Done;
        });
        return command;
    }
}
