using System.CommandLine;
using PluginNode.Composition;
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

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Answer JSON, for programs",
        Recursive = true,
    };

    /// <summary>How long a page of a list is.</summary>
    public static readonly Option<int> Limit = new("--limit")
    {
        Description = "At most so many, 1 to 1000",
        DefaultValueFactory = _ => 100,
    };

    /// <summary>Where a page of a list begins.</summary>
    public static readonly Option<long> After = new("--after") { Description = "Continue behind this cursor" };

    public static NodeSettings Settings(ParseResult parsed) => ConfigurationFile.Read(parsed.GetValue(Config)!);

    public static Screen Screen(ParseResult parsed) =>
        new(parsed.InvocationConfiguration.Output, parsed.GetValue(Json));

    /// <summary>Talks to the node that the configuration describes.</summary>
    public static ApiClient Node(ParseResult parsed)
    {
        var settings = Settings(parsed);
        return new ApiClient(settings.Listen, settings.TokenFile);
    }

    /// <summary>The bytes of a file, or else of standard input.</summary>
    public static async Task<byte[]> InputAsync(string? file, CancellationToken cancellation)
    {
        try
        {
            if (file is not null) return await File.ReadAllBytesAsync(file, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{file} can't be read: {e.Message}");
        }
        using var input = Console.OpenStandardInput();
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes, cancellation);
        return bytes.ToArray();
    }

    public static Argument<Guid> Id() => new("id") { Description = "The message's id" };
}

/// <summary>The command line asks for something that can't be.</summary>
internal sealed class WrongUseException(string message) : Exception(message);
