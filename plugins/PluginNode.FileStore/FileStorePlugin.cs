using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginNode.FileStore;
using PluginNode.Plugins;
using PluginNode.Storage;

[assembly: Plugin("file-store", typeof(FileStorePlugin), "0.1.0", UnloadSupport.Restart)]

namespace PluginNode.FileStore;

/// <summary>Registers the file store.</summary>
public sealed class FileStorePlugin : IPlugin
{
    /// <inheritdoc/>
    public void Configure(IPluginBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = SettingsReader.Read(builder.Settings, FileStoreJson.Default.FileStoreOptions, o => o.Validate());
        var folder = Path.Combine(builder.DataFolder, options.Folder);
        builder.Services.AddSingleton<IRecordStore>(services => new FileRecordStore(
            new FolderDisk(folder), options, services.GetRequiredService<ILogger<FileRecordStore>>()));
    }
}
