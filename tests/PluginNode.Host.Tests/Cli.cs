using PluginNode.Commands;

namespace PluginNode.Host.Tests;

/// <summary>The command line, in this process.</summary>
internal static class Cli
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(string[] args)
    {
        await using StringWriter output = new(), error = new();
        var code = await CommandLine.RunAsync(args, output, error, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
