using PluginNode.Identity;

namespace PluginNode.Configuration;

/// <summary>A configuration that was checked, with everything resolved that the node needs.</summary>
public sealed record NodeSettings
{
    /// <summary>The store that keeps nothing.</summary>
    public const string MemoryStore = "memory";

    /// <summary>The file that it comes from, as a full path.</summary>
    public required string File { get; init; }

    /// <summary>The sections as they stand, environment included.</summary>
    public required NodeConfiguration Sections { get; init; }

    /// <summary>Where the control API listens; the port may be 0.</summary>
    public required Uri Listen { get; init; }

    /// <summary>The peers of the file.</summary>
    public required IReadOnlyList<Peer> Peers { get; init; }

    /// <summary>What the kernel is configured with.</summary>
    public required KernelOptions Kernel { get; init; }

    /// <summary>Relative paths are relative to this folder.</summary>
    public string BaseFolder => Path.GetDirectoryName(File)!;

    /// <summary>The data folder.</summary>
    public string DataFolder => Full(Sections.Node.Data);

    /// <summary>The identity file.</summary>
    public string IdentityFile => Full(Sections.Node.Identity ?? Path.Combine(Sections.Node.Data, "identity.pem"));

    /// <summary>Identity files of keys that still open older records.</summary>
    public IEnumerable<string> FormerIdentityFiles => Sections.Node.FormerIdentities.Select(Full);

    /// <summary>The file with the bearer token.</summary>
    public string TokenFile => Full(Sections.Api.TokenFile ?? Path.Combine(Sections.Node.Data, "api.token"));

    /// <summary>The folder with the plugins.</summary>
    public string PluginsFolder => Full(Sections.Plugins.Folder);

    private string Full(string path) => Path.GetFullPath(path, BaseFolder);
}
