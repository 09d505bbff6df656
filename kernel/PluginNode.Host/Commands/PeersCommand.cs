using System.CommandLine;
using System.Globalization;
using PluginNode.Api;

namespace PluginNode.Commands;

/// <summary><c>pluginnode peers</c>.</summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        var command = new Command("peers", "List peers, or add, remove, pause, resume one");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var list = await node.GetAsync("/v1/peers", ApiJson.Wire.PeerList, cancellation);
            Shared.Screen(parsed).Table(
                list.Json, "no peers",
                ["name", "peer id", "addresses", "paused", "messages", "from", "presence", "last seen", "restarts", "ping"],
                list.Value.Peers.Select(Row));
            return ExitCode.Done;
        });
        command.Add(Put());
        command.Add(Remove());
        command.Add(Pause("pause", "Hold what waits for it"));
        command.Add(Pause("resume", "Go on"));
        return command;
    }

    private static string?[] Row(PeerBody p) =>
    [
        p.Name, p.PeerId, string.Join(' ', p.Addresses), p.Paused ? "paused" : "", p.SendOnly ? "only to it" : "",
        p.Configured ? "file" : "api",
        p.Presence?.State, Screen.Time(p.Presence?.LastSeen),
        p.Presence?.Restarts?.ToString(CultureInfo.InvariantCulture),
        p.Ping is { } ping ? string.Create(CultureInfo.InvariantCulture, $"{ping.AverageMs:0.#} ms") : "",
    ];

    private static Command Put()
    {
        var name = Name();
        var key = new Argument<string>("public-key") { Description = "Its Ed25519 public key in base64 (see 'identity')" };
        var addresses = new Argument<string[]>("addresses") { Description = "Where it may be reached, the preferred one first" };
        addresses.Arity = ArgumentArity.ZeroOrMore;
        var sendOnly = new Option<bool?>("--send-only")
        {
            Description = "Take nothing that it sends; 'false' takes it again. Default: as it was",
        };
        var put = new Command("put", "Add or change a peer") { name, key, addresses, sendOnly };
        put.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var body = new PeerPut
            {
                PublicKey = parsed.GetValue(key)!, Addresses = parsed.GetValue(addresses),
                SendOnly = parsed.GetValue(sendOnly),
            };
            var answer = await node.CallAsync(
                HttpMethod.Put, Path(parsed.GetValue(name)!), body, ApiJson.Wire.PeerPut, ApiJson.Wire.PeerBody,
                cancellation);
            Shared.Screen(parsed).Line(answer.Json, $"{answer.Value.Name} is {answer.Value.PeerId}");
            return ExitCode.Done;
        });
        return put;
    }

    private static Command Remove()
    {
        var name = Name();
        var dead = new Option<bool>("--dead-letter") { Description = "Also where messages wait: they become dead letters" };
        var remove = new Command("remove", "Remove a peer") { name, dead };
        remove.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var query = parsed.GetValue(dead) ? "?waiting=dead-letter" : "";
            await node.CallAsync(HttpMethod.Delete, Path(parsed.GetValue(name)!) + query, null, cancellation);
            Shared.Screen(parsed).Line("{}", $"{parsed.GetValue(name)} removed");
            return ExitCode.Done;
        });
        return remove;
    }

    private static Command Pause(string verb, string description)
    {
        var name = Name();
        var pause = new Command(verb, description) { name };
        pause.SetAction(async (parsed, cancellation) =>
        {
            using var node = Shared.Node(parsed);
            var answer = await node.CallAsync(
                HttpMethod.Post, $"{Path(parsed.GetValue(name)!)}/{verb}", ApiJson.Wire.PeerBody, cancellation);
            Shared.Screen(parsed).Line(
                answer.Json, $"{answer.Value.Name} {(answer.Value.Paused ? "is paused" : "goes on")}");
            return ExitCode.Done;
        });
        return pause;
    }

    private static Argument<string> Name() => new("name") { Description = "The peer's name" };

    private static string Path(string name) => $"/v1/peers/{Uri.EscapeDataString(name)}";
}
