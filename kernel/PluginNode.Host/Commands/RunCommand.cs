using System.CommandLine;
using PluginNode.Composition;
using PluginNode.Logging;

namespace PluginNode.Commands;

/// <summary><c>pluginnode run</c>.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var command = new Command("run", "Run the node until it is told to stop (the default)");
        command.SetAction((parsed, cancellation) => RunAsync(parsed, cancellation));
        return command;
    }

    public static async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        var settings = Shared.Settings(parsed);
        using var loggers = LineLogs.Create(parsed.InvocationConfiguration.Error, TimeProvider.System);
        var host = await NodeHost.StartAsync(settings, TimeProvider.System, loggers, stop);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        HostLogMessages.Stopping(loggers.CreateLogger("PluginNode.Node"), Grace);
        using var grace = new CancellationTokenSource(Grace);
        await host.StopAsync(grace.Token);
        return ExitCode.Done;
    }
}
