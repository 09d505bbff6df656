using System.CommandLine;
using System.Runtime.InteropServices;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Storage;

namespace PluginNode.Commands;

/// <summary>The command line <c>pluginnode</c>.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command in this process and answers its exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        return await RunAsync(args, Console.Out, Console.Error, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            // The second one is not waited for: the process ends as it stands, and a restart continues.
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>Runs a command and answers its exit code.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        // An argument that begins with '@' is a text like any other, and no file of arguments.
        var parsed = Root().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            var code = await parsed.InvokeAsync(invocation, cancellation);
            return parsed.Errors.Count > 0 ? ExitCode.WrongUse : code;
        }
        catch (ConfigurationException e)
        {
            foreach (var problem in e.Problems) await error.WriteLineAsync(problem);
            return ExitCode.WrongUse;
        }
        catch (WrongUseException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.WrongUse;
        }
        catch (NotReachableException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.NotReachable;
        }
        catch (ApiProblemException e) when (e.Status == StatusCodes.Status400BadRequest)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.WrongUse;
        }
        catch (Exception e) when (e is StartException or ApiProblemException or StoreException
            or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await error.WriteLineAsync("interrupted");
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand(
            "A headless node that delivers what it is handed for a peer, though the peer is away for days.\n"
            + "Exit codes: 0 done, 1 failed, 2 wrong use, 3 node not reachable.")
        {
            Shared.Config, Shared.Json,
            RunCommand.Create(), InitCommand.Create(), SendCommand.Create(), MessagesCommand.Create(),
            InboxCommand.Create(), DeadLettersCommand.Create(), PeersCommand.Create(), EventsCommand.Create(),
            RecoveryCommand.Create(), PluginsCommand.Create(), IdentityCommand.Create(), StoreCommand.Create(),
            OutboxCommand.Create(), DemoCommand.Create(),
        };
        root.SetAction((parsed, cancellation) => RunCommand.RunAsync(parsed, cancellation));
        return root;
    }
}
