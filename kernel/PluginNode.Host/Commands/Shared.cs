using System.CommandLine;
using PluginNode.Configuration;

namespace PluginNode.Commands;

/// <summary>What all commands have.</summary>
internal static class Shared
{
    public static readonly Option<string> Config = new("--config", "-c")
    {
        Description = "The configuration file",
        DefaultValueFactory = _ => ConfigurationFile.DefaultName,
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json") { Description = "Answer JSON, for programs", Recursive = true };

    public static NodeSettings Settings(ParseResult parsed) => ConfigurationFile.Read(parsed.GetValue(Config)!);

    public static Screen Screen(ParseResult parsed) =>
        new(parsed.InvocationConfiguration.Output, parsed.GetValue(Json));

    /// <summary>Talks to the node that the configuration describes.</summary>
    public static ApiClient Node(ParseResult parsed)
    {
        var settings = Settings(parsed);
        return new ApiClient(settings.Listen, settings.TokenFile);
    }

    public static Argument<Guid> Id() => new("id") { Description = "The message's id" };
}

/// <summary>The command line asks for something that can't be.</summary>
internal sealed class WrongUseException(string message) : Exception(message);
