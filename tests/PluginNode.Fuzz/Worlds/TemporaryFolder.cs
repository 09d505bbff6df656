namespace PluginNode.Fuzz.Worlds;

/// <summary>A folder that is gone when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("pluginnode-fuzz-").FullName;

    public string this[string name] => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
