using System.CommandLine;
using PluginNode.Api;

namespace PluginNode.Commands;

/// <summary><c>pluginnode recovery</c>.</summary>
internal static class RecoveryCommand
{
    private const string Path = "/v1/recovery";

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(300);

    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Do not wait for the end" };

    private static readonly Argument<string> Peer = new("peer") { Description = "Its name or its peer id" };

    private static readonly Option<string[]> Subjects = new("--subjects")
    {
        Description = "Only events by or about these names, with commas between them; all where none is given",
        DefaultValueFactory = _ => [],
    };

    public static Command Create()
    {
        var status = new Command("status", "How recovery stands, and how complete the ledger is");
        status.SetAction(StatusAsync);
        var run = new Command("run", "Ask the neighbours for everything again, and wait for the end") { NoWait };
        run.SetAction(RunAsync);
        var ask = new Command("ask", "Ask one peer for events now, and show what came of it") { Peer, Subjects };
        ask.SetAction(AskAsync);
        var command = new Command("recovery", "Show or run the recovery of the ledger from neighbours")
        {
            status, run, ask,
        };
        command.SetAction(StatusAsync);
        return command;
    }

    private static async Task<int> StatusAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var node = Shared.Node(parsed);
        var answer = await node.GetAsync(Path, ApiJson.Wire.RecoveryBody, cancellation);
        RecoveryScreen.Show(answer, Shared.Screen(parsed));
        return ExitCode.Done;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var node = Shared.Node(parsed);
        var screen = Shared.Screen(parsed);
        var before = (await node.GetAsync(Path, ApiJson.Wire.RecoveryBody, cancellation)).Value.StartedAt;
        var answer = await node.CallAsync(HttpMethod.Post, Path, ApiJson.Wire.RecoveryBody, cancellation);
        if (parsed.GetValue(NoWait))
        {
            screen.Line(answer.Json, "it has begun; 'pluginnode recovery status' says how it stands");
            return ExitCode.Done;
        }
        using var line = new ProgressLine(parsed.InvocationConfiguration.Error);
        while (answer.Value.UnderWay || answer.Value.StartedAt == before)
        {
            line.Show(RecoveryScreen.Line(answer.Value));
            await Task.Delay(AskEvery, TimeProvider.System, cancellation);
            answer = await node.GetAsync(Path, ApiJson.Wire.RecoveryBody, cancellation);
        }
        line.Clear();
        RecoveryScreen.Show(answer, screen);
        return answer.Value.State == "recovered" ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> AskAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var node = Shared.Node(parsed);
        var body = new RecoveryAskBody
        {
            Peer = parsed.GetValue(Peer)!,
            Subjects = [.. parsed.GetValue(Subjects)!.SelectMany(
                s => s.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        };
        var answer = await node.CallAsync(
            HttpMethod.Post, Path, body, ApiJson.Wire.RecoveryAskBody, ApiJson.Wire.RecoveryAskResult, cancellation);
        RecoveryScreen.Show(answer, Shared.Screen(parsed));
        return answer.Value.Answered ? ExitCode.Done : ExitCode.Failed;
    }
}
