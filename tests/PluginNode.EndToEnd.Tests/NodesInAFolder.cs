namespace PluginNode.EndToEnd.Tests;

/// <summary>Tests whose nodes live in a folder that is there for one test.</summary>
public abstract class NodesInAFolder
{
    private protected string Folder { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Folder = Directory.CreateTempSubdirectory("pluginnode-e2e-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Folder, recursive: true);
}
